import sys

# Kruskal-like: join components and keep the ends of each one's longest way; distances grow in a matrix.
data = sys.stdin.read().split()
n = int(data[0])
dist = [[0] * n for _ in range(n)]
member = [[v] for v in range(n)]
group = list(range(n))
top = 0
for i in range(1, len(data), 3):
    u, v, w = int(data[i]) - 1, int(data[i + 1]) - 1, int(data[i + 2])
    left, right = member[group[u]], member[group[v]]
    for a in left:
        for b in right:
            dist[a][b] = dist[b][a] = dist[a][u] + w + dist[v][b]
            top = max(top, dist[a][b])
    keep = group[u]
    left.extend(right)
    for b in right:
        group[b] = keep
print(top)
