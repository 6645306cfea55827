n, m = map(int, input().split())
up = [set() for _ in range(n + 1)]
for _ in range(m):
    a, b = sorted(map(int, input().split()))
    up[a].add(b)
print(sum(len(up[b] & up[a]) for a in range(1, n + 1) for b in up[a]))
