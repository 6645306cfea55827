h, w = map(int, input().split())
land = {complex(x, y) for y in range(h) for x, c in enumerate(input()) if c == "#"}
islands, largest = 0, 0
while land:
    edge = [land.pop()]
    size = 0
    while edge:
        p = edge.pop()
        size += 1
        for step in (1, -1, 1j, -1j):
            if p + step in land:
                land.remove(p + step)
                edge.append(p + step)
    islands += 1
    largest = max(largest, size)
print(islands, largest)
