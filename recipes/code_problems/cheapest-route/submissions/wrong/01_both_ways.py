# Drives every road in both directions.
import heapq

n, m = map(int, input().split())
roads = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    roads[u].append((v, c))
    roads[v].append((u, c))
best, queue = {}, [(0, 1)]
while queue:
    d, u = heapq.heappop(queue)
    if u not in best:
        best[u] = d
        for v, c in roads[u]:
            heapq.heappush(queue, (d + c, v))
print(best.get(n, -1))
