r, c = map(int, input().split())
rows = [list(map(int, input().split())) for _ in range(r)]
seen = [[False] * c for _ in range(r)]
directions = [(0, 1), (1, 0), (0, -1), (-1, 0)]
y = x = d = 0
result = []
for _ in range(r * c):
    result.append(str(rows[y][x]))
    seen[y][x] = True
    ny, nx = y + directions[d][0], x + directions[d][1]
    if not (0 <= ny < r and 0 <= nx < c and not seen[ny][nx]):
        d = (d + 1) % 4
        ny, nx = y + directions[d][0], x + directions[d][1]
    y, x = ny, nx
print(" ".join(result))
