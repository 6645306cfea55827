import sys

numbers = iter(map(int, sys.stdin.read().split()))
n = next(numbers)
links = [[] for _ in range(n + 1)]
for u, v, w in zip(numbers, numbers, numbers):
    links[u].append((v, w))
    links[v].append((u, w))
parent, order = [0] * (n + 1), [1]
cost = [0] * (n + 1)
for v in order:
    for to, w in links[v]:
        if to != parent[v]:
            parent[to], cost[to] = v, w
            order.append(to)
down = [[0, 0] for _ in range(n + 1)]
answer = 0
for v in reversed(order):
    answer = max(answer, sum(down[v]))
    arm = down[v][0] + cost[v]
    down[parent[v]] = sorted([*down[parent[v]], arm], reverse=True)[:2]
print(answer)
