n, c = map(int, input().split())
things = [tuple(map(int, input().split())) for _ in range(n)]
after = [0] * (n + 1)  # values of all things from i on
for i in range(n - 1, -1, -1):
    after[i] = after[i + 1] + things[i][1]
best, seen = 0, {}
stack = [(0, c, 0)]
while stack:
    i, room, value = stack.pop()
    best = max(best, value)
    if i == n or value + after[i] <= best or seen.get((i, room), -1) >= value:
        continue
    seen[i, room] = value
    w, v = things[i]
    stack.append((i + 1, room, value))
    if w <= room:
        stack.append((i + 1, room - w, value + v))
print(best)
