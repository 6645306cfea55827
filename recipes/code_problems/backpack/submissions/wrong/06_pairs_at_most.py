# Tries single things and pairs only.
n, c = map(int, input().split())
things = [tuple(map(int, input().split())) for _ in range(n)]
best = max((v for w, v in things if w <= c), default=0)
for i in range(n):
    for j in range(i):
        if things[i][0] + things[j][0] <= c:
            best = max(best, things[i][1] + things[j][1])
print(best)
