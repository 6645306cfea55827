# Counts every group three times.
n, m = map(int, input().split())
near = [set() for _ in range(n + 1)]
pairs = [tuple(map(int, input().split())) for _ in range(m)]
for a, b in pairs:
    near[a].add(b)
    near[b].add(a)
print(sum(len(near[a] & near[b]) for a, b in pairs))
