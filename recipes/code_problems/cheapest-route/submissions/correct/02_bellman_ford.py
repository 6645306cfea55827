import sys

n, m, *rest = map(int, sys.stdin.read().split())
edges = list(zip(rest[::3], rest[1::3], rest[2::3]))
INF = float("inf")
d = [INF] * (n + 1)
d[1] = 0
for _ in range(n - 1):
    for u, v, c in edges:
        if d[u] + c < d[v]:
            d[v] = d[u] + c
print(d[n] if d[n] < INF else -1)
