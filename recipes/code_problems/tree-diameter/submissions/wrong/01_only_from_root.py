# Takes the vertex farthest from vertex 1 as the answer.
n = int(input())
near = [[] for _ in range(n + 1)]
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    near[u].append((v, w))
    near[v].append((u, w))
best, stack = 0, [(1, 0, 0)]
while stack:
    v, parent, d = stack.pop()
    best = max(best, d)
    stack += [(to, v, d + w) for to, w in near[v] if to != parent]
print(best)
