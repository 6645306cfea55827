h, w = map(int, input().split())
grid = [input().strip() for _ in range(h)]
islands = []
for y in range(h):
    for x in range(w):
        if grid[y][x] == "#":
            touching = [s for s in islands if (y - 1, x) in s or (y, x - 1) in s]
            islands = [s for s in islands if s not in touching]
            islands.append(set().union({(y, x)}, *touching))
print(len(islands), max(map(len, islands), default=0))
