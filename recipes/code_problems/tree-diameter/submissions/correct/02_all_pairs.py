n = int(input())
INF = 10**9
d = [[0 if i == j else INF for j in range(n)] for i in range(n)]
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    d[u - 1][v - 1] = d[v - 1][u - 1] = w
for k in range(n):
    row = d[k]
    for i in range(n):
        via = d[i][k]
        if via < INF:
            d[i] = [min(x, via + y) for x, y in zip(d[i], row)]
print(max(map(max, d)))
