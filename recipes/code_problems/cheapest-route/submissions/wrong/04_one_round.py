# Goes over the roads once only, in the order they are given.
n, m = map(int, input().split())
d = [float("inf")] * (n + 1)
d[1] = 0
for _ in range(m):
    u, v, c = map(int, input().split())
    d[v] = min(d[v], d[u] + c)
print(d[n] if d[n] < float("inf") else -1)
