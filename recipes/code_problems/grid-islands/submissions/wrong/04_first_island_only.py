# Prints the size of the last island found, not of the largest.
h, w = map(int, input().split())
land = {(y, x) for y in range(h) for x, c in enumerate(input().strip()) if c == "#"}
count = size = 0
for cell in sorted(land):
    if cell in land:
        land.remove(cell)
        stack, size = [cell], 0
        while stack:
            y, x = stack.pop()
            size += 1
            for p in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if p in land:
                    land.remove(p)
                    stack.append(p)
        count += 1
print(count, size)
