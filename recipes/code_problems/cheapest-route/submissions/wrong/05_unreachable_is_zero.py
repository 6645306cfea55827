# Prints 0 where the town cannot be reached.
import heapq

n, m = map(int, input().split())
roads = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    roads[u].append((v, c))
best, queue = [0] * (n + 1), [(0, 1)]
done = set()
while queue:
    d, u = heapq.heappop(queue)
    if u not in done:
        done.add(u)
        best[u] = d
        for v, c in roads[u]:
            heapq.heappush(queue, (d + c, v))
print(best[n])
