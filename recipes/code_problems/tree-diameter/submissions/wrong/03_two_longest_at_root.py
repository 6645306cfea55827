# Joins the two longest arms of vertex 1 only.
import sys

sys.setrecursionlimit(10000)
n = int(input())
near = [[] for _ in range(n + 1)]
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    near[u].append((v, w))
    near[v].append((u, w))


def depth(v, parent):
    return max((depth(to, v) + w for to, w in near[v] if to != parent), default=0)


arms = sorted((depth(to, 1) + w for to, w in near[1]), reverse=True)
print(sum(arms[:2]))
