n, m = map(int, input().split())
roads = [tuple(map(int, input().split())) for _ in range(m)]
cost = {1: 0}
while True:
    new = dict(cost)
    for u, v, c in roads:
        if u in cost:
            new[v] = min(new.get(v, cost[u] + c), cost[u] + c)
    if new == cost:
        break
    cost = new
print(cost.get(n, -1))
