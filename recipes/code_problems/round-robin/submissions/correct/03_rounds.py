n, q = map(int, input().split())
left = list(map(int, input().split()))
total = 0
while any(left):
    for i in range(n):
        if left[i] == 0:
            continue
        part = min(q, left[i])
        left[i] -= part
        total += part
        if left[i] == 0:
            print(i + 1, total)
