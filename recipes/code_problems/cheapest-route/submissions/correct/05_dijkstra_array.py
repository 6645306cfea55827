import sys

data = list(map(int, sys.stdin.read().split()))
n, m = data[0], data[1]
INF = 1 << 40
w = [[INF] * (n + 1) for _ in range(n + 1)]
for i in range(2, 2 + 3 * m, 3):
    u, v, c = data[i : i + 3]
    if c < w[u][v]:
        w[u][v] = c
dist = [INF] * (n + 1)
dist[1] = 0
open_towns = set(range(1, n + 1))
while open_towns:
    u = min(open_towns, key=lambda t: dist[t])
    open_towns.remove(u)
    if dist[u] == INF:
        break
    for v in open_towns:
        dist[v] = min(dist[v], dist[u] + w[u][v])
print(-1 if dist[n] == INF else dist[n])
