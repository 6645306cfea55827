n, m = map(int, input().split())
INF = 10**9
d = [[INF] * n for _ in range(n)]
for i in range(n):
    d[i][i] = 0
for _ in range(m):
    u, v, c = map(int, input().split())
    d[u - 1][v - 1] = min(d[u - 1][v - 1], c)
for k in range(n):
    for i in range(n):
        if d[i][k] < INF:
            a = d[i][k]
            d[i] = [x if x <= a + y else a + y for x, y in zip(d[i], d[k])]
print(d[0][n - 1] if d[0][n - 1] < INF else -1)
