n, q = map(int, input().split())
left = list(map(int, input().split()))
after = [(i + 1) % n for i in range(n)]
before, at, total, remaining = n - 1, 0, 0, n
while remaining:
    part = left[at] if left[at] < q else q
    left[at] -= part
    total += part
    if left[at] == 0:
        print(at + 1, total)
        after[before] = after[at]
        remaining -= 1
    else:
        before = at
    at = after[at]
