# Lets cells that touch by a corner belong together.
h, w = map(int, input().split())
land = {(y, x) for y in range(h) for x, c in enumerate(input().strip()) if c == "#"}
sizes = []
while land:
    stack, size = [land.pop()], 0
    while stack:
        y, x = stack.pop()
        size += 1
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                if (y + dy, x + dx) in land:
                    land.remove((y + dy, x + dx))
                    stack.append((y + dy, x + dx))
    sizes.append(size)
print(len(sizes), max(sizes, default=0))
