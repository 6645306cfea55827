n, m = map(int, input().split())
INF = float("inf")
a = [[0 if i == j else INF for j in range(n)] for i in range(n)]
for _ in range(m):
    u, v, c = map(int, input().split())
    a[u - 1][v - 1] = min(a[u - 1][v - 1], c)
row = a[0]
for _ in range(n):
    row = [min(row[k] + a[k][j] for k in range(n)) for j in range(n)]
print(row[-1] if row[-1] < INF else -1)
