# Always drives on by the cheapest road to a town not yet seen.
n, m = map(int, input().split())
roads = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    roads[u].append((c, v))
at, cost, seen = 1, 0, {1}
while at != n:
    choices = sorted((c, v) for c, v in roads[at] if v not in seen)
    if not choices:
        cost = -1
        break
    c, at = choices[0]
    cost += c
    seen.add(at)
print(cost)
