# Follows a road only from its first vertex to its second.
n = int(input())
near = [[] for _ in range(n + 1)]
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    near[u].append((v, w))
best = 0
for start in range(1, n + 1):
    stack = [(start, 0)]
    while stack:
        v, d = stack.pop()
        best = max(best, d)
        stack += [(to, d + w) for to, w in near[v]]
print(best)
