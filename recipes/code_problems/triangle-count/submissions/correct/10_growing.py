n, m = map(int, input().split())
near = [set() for _ in range(n + 1)]
triangles = 0
for _ in range(m):
    a, b = map(int, input().split())
    triangles += len(near[a] & near[b])  # each triangle is closed by its last friendship
    near[a].add(b)
    near[b].add(a)
print(triangles)
