n = int(input())
near = [[] for _ in range(n + 1)]
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    near[u].append((v, w))
    near[v].append((u, w))
# climb[v]: the distance from v to each of its ancestors, itself included
climb = {1: {1: 0}}
todo = [1]
while todo:
    v = todo.pop()
    for to, w in near[v]:
        if to not in climb:
            climb[to] = {up: d + w for up, d in climb[v].items()}
            climb[to][to] = 0
            todo.append(to)
best = 0
for a in climb:
    for b in climb:
        best = max(best, min(d + climb[b][up] for up, d in climb[a].items() if up in climb[b]))
print(best)
