import sys


def farthest(start):
    dist = {start: 0}
    stack = [start]
    while stack:
        u = stack.pop()
        for v, w in near[u]:
            if v not in dist:
                dist[v] = dist[u] + w
                stack.append(v)
    end = max(dist, key=lambda v: dist[v])
    return end, dist[end]


data = list(map(int, sys.stdin.read().split()))
n = data[0]
near = [[] for _ in range(n + 1)]
for i in range(1, len(data), 3):
    u, v, w = data[i : i + 3]
    near[u].append((v, w))
    near[v].append((u, w))
print(farthest(farthest(1)[0])[1])
