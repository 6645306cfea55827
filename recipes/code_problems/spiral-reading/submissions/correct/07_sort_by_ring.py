r, c = map(int, input().split())
cells = []
for y in range(r):
    for x, word in enumerate(input().split()):
        ring = min(y, x, r - 1 - y, c - 1 - x)
        h, w = r - 1 - 2 * ring, c - 1 - 2 * ring  # steps along the sides of this ring
        if y == ring:
            place = x - ring
        elif x == c - 1 - ring:
            place = w + y - ring
        elif y == r - 1 - ring:
            place = w + h + (c - 1 - ring - x)
        else:
            place = 2 * w + h + (r - 1 - ring - y)
        cells.append((ring, place, word))
print(*(word for _, _, word in sorted(cells, key=lambda cell: cell[:2])))
