n, m = map(int, input().split())
pairs = [tuple(map(int, input().split())) for _ in range(m)]
degree = [0] * (n + 1)
for a, b in pairs:
    degree[a] += 1
    degree[b] += 1
out = [[] for _ in range(n + 1)]
for a, b in pairs:
    low, high = sorted((a, b), key=lambda v: (degree[v], v))
    out[low].append(high)
print(sum(c in out[b] for a in range(1, n + 1) for b in out[a] for c in out[a]))
