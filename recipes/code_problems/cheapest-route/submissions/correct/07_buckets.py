n, m = map(int, input().split())
graph = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    graph[u].append((v, c))
buckets = {0: [1]}
final = {}
while buckets:
    level = min(buckets)
    todo = buckets.pop(level)
    while todo:
        u = todo.pop()
        if u in final:
            continue
        final[u] = level
        for v, c in graph[u]:
            if c == 0:
                todo.append(v)
            else:
                buckets.setdefault(level + c, []).append(v)
print(final.get(n, -1))
