import sys

sys.setrecursionlimit(10000)
n = int(input())
edges = {v: [] for v in range(1, n + 1)}
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    edges[u].append((v, w))
    edges[v].append((u, w))
best = 0


def depth(v, parent):
    global best
    first = second = 0
    for to, w in edges[v]:
        if to != parent:
            d = depth(to, v) + w
            if d > first:
                first, second = d, first
            elif d > second:
                second = d
    best = max(best, first + second)
    return first


depth(1, 0)
print(best)
