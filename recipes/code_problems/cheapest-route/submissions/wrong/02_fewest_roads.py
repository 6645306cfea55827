# Takes the toll of the route with the fewest roads.
from collections import deque

n, m = map(int, input().split())
roads = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    roads[u].append((v, c))
cost, queue = {1: 0}, deque([1])
while queue:
    u = queue.popleft()
    for v, c in roads[u]:
        if v not in cost:
            cost[v] = cost[u] + c
            queue.append(v)
print(cost.get(n, -1))
