import sys

n, m, *rest = map(int, sys.stdin.read().split())
near = [[False] * (n + 1) for _ in range(n + 1)]
for a, b in zip(rest[::2], rest[1::2]):
    near[a][b] = near[b][a] = True
count = 0
for a in range(1, n + 1):
    friends = [b for b in range(a) if near[a][b]]
    count += sum(near[b][c] for b in friends for c in friends if b < c)
print(count)
