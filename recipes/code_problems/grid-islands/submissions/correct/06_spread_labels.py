h, w = map(int, input().split())
cells = {}
for y in range(h):
    for x, c in enumerate(input().strip()):
        if c == "#":
            cells[y, x] = y * w + x
changed = True
while changed:  # every cell takes the smallest label beside it until nothing changes
    changed = False
    for (y, x), label in list(cells.items()):
        low = min(cells.get(p, label) for p in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1), (y, x)))
        if low < cells[y, x]:
            cells[y, x] = low
            changed = True
labels = list(cells.values())
print(len(set(labels)), max((labels.count(label) for label in set(labels)), default=0))
