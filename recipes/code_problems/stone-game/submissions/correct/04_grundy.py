n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
g = []
for s in range(n + 1):
    reached = {g[s - m] for m in moves if m <= s}
    value = 0
    while value in reached:
        value += 1
    g.append(value)
if g[n] == 0:
    print("second")
else:
    print("first", next(m for m in moves if m <= n and g[n - m] == 0))
