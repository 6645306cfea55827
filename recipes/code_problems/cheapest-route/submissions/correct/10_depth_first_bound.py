import sys

sys.setrecursionlimit(100000)
n, m = map(int, input().split())
go = [{} for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    go[u][v] = min(c, go[u].get(v, c))
reach = [float("inf")] * (n + 1)


def visit(u, cost):
    if cost >= reach[u] or cost >= reach[n]:
        return
    reach[u] = cost
    for v, c in sorted(go[u].items(), key=lambda item: item[1]):
        visit(v, cost + c)


visit(1, 0)
print(reach[n] if reach[n] < float("inf") else -1)
