r, c = map(int, input().split())
grid = {}
for y in range(r):
    for x, word in enumerate(input().split()):
        grid[y, x] = word
y, x, dy, dx = 0, 0, 0, 1
out = []
while grid:
    out.append(grid.pop((y, x)))
    if (y + dy, x + dx) not in grid:
        dy, dx = dx, -dy
    y, x = y + dy, x + dx
print(*out)
