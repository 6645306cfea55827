n, c = map(int, input().split())
best = {0: 0}
for _ in range(n):
    w, v = map(int, input().split())
    for weight, value in list(best.items()):
        if weight + w <= c and value + v > best.get(weight + w, -1):
            best[weight + w] = value + v
print(max(best.values()))
