# When a longer arm is found the old longest one is not kept as the second.
import sys

sys.setrecursionlimit(10000)
n = int(input())
near = [[] for _ in range(n + 1)]
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    near[u].append((v, w))
    near[v].append((u, w))
best = 0


def depth(v, parent):
    global best
    first = second = 0
    for to, w in near[v]:
        if to != parent:
            d = depth(to, v) + w
            if d > first:
                first = d
            elif d > second:
                second = d
    best = max(best, first + second)
    return first


depth(1, 0)
print(best)
