import sys
from collections import deque

lines = sys.stdin.read().split("\n")
n = int(lines[0])
adj = [dict() for _ in range(n + 1)]
for line in lines[1:n]:
    u, v, w = (int(x) for x in line.split())
    adj[u][v] = w
    adj[v][u] = w
reach = [0] * (n + 1)
longest = 0
leaves = deque(v for v in range(1, n + 1) if len(adj[v]) == 1)
while leaves:
    leaf = leaves.popleft()
    if not adj[leaf]:
        continue
    ((parent, w),) = adj[leaf].items()
    longest = max(longest, reach[parent] + reach[leaf] + w)
    reach[parent] = max(reach[parent], reach[leaf] + w)
    del adj[parent][leaf]
    adj[leaf].clear()
    if len(adj[parent]) == 1:
        leaves.append(parent)
print(longest)
