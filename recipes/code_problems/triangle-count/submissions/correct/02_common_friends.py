n, m = map(int, input().split())
near = {i: set() for i in range(1, n + 1)}
pairs = [tuple(map(int, input().split())) for _ in range(m)]
for a, b in pairs:
    near[a].add(b)
    near[b].add(a)
print(sum(len(near[a] & near[b]) for a, b in pairs) // 3)
