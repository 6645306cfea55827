# Prints the people in the order of their numbers.
n, q = map(int, input().split())
left, total, ends = list(map(int, input().split())), 0, {}
while any(left):
    for i in range(n):
        part = min(q, left[i])
        total += part
        left[i] -= part
        if part and not left[i]:
            ends[i + 1] = total
for who in sorted(ends):
    print(who, ends[who])
