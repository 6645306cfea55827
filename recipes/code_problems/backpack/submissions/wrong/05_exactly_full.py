# Wants the backpack to be filled exactly, and takes 0 if that cannot be.
n, c = map(int, input().split())
best = [0] + [float("-inf")] * c
for _ in range(n):
    w, v = map(int, input().split())
    for room in range(c, w - 1, -1):
        best[room] = max(best[room], best[room - w] + v)
print(max(best[c], 0))
