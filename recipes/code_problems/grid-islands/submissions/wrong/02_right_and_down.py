# Fills to the right and downwards only.
h, w = map(int, input().split())
land = {(y, x) for y in range(h) for x, c in enumerate(input().strip()) if c == "#"}
sizes = []
for y in range(h):
    for x in range(w):
        if (y, x) in land:
            land.remove((y, x))
            stack, size = [(y, x)], 0
            while stack:
                r, c = stack.pop()
                size += 1
                for p in ((r + 1, c), (r, c + 1)):
                    if p in land:
                        land.remove(p)
                        stack.append(p)
            sizes.append(size)
print(len(sizes), max(sizes, default=0))
