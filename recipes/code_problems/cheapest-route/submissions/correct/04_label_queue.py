from collections import deque

n, m = map(int, input().split())
out = {}
for _ in range(m):
    u, v, c = map(int, input().split())
    out.setdefault(u, []).append((v, c))
toll = {1: 0}
waiting = deque([1])
while waiting:
    u = waiting.popleft()
    for v, c in out.get(u, []):
        if v not in toll or toll[u] + c < toll[v]:
            toll[v] = toll[u] + c
            waiting.append(v)
print(toll.get(n, -1))
