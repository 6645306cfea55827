# Of several roads between the same towns keeps the last one.
import heapq

n, m = map(int, input().split())
roads = [{} for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    roads[u][v] = c
best, queue = {}, [(0, 1)]
while queue:
    d, u = heapq.heappop(queue)
    if u not in best:
        best[u] = d
        for v, c in roads[u].items():
            heapq.heappush(queue, (d + c, v))
print(best.get(n, -1))
