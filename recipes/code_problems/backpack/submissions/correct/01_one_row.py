n, c = map(int, input().split())
best = [0] * (c + 1)
for _ in range(n):
    w, v = map(int, input().split())
    for room in range(c, w - 1, -1):
        best[room] = max(best[room], best[room - w] + v)
print(best[c])
