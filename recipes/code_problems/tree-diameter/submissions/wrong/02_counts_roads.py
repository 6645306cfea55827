# Finds the way with the most roads, not the longest one, for the ends.
import sys

data = list(map(int, sys.stdin.read().split()))
n = data[0]
near = [[] for _ in range(n + 1)]
for i in range(1, len(data), 3):
    u, v, w = data[i : i + 3]
    near[u].append((v, w))
    near[v].append((u, w))


def far(start):
    best, stack = (0, start, 0), [(start, 0, 0, 0)]
    while stack:
        v, parent, hops, d = stack.pop()
        best = max(best, (hops, v, d))
        stack += [(to, v, hops + 1, d + w) for to, w in near[v] if to != parent]
    return best


print(far(far(1)[1])[2])
