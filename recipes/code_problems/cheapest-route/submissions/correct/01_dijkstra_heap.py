import heapq

n, m = map(int, input().split())
roads = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    roads[u].append((v, c))
best = [None] * (n + 1)
queue = [(0, 1)]
while queue:
    cost, u = heapq.heappop(queue)
    if best[u] is None:
        best[u] = cost
        for v, c in roads[u]:
            heapq.heappush(queue, (cost + c, v))
print(-1 if best[n] is None else best[n])
