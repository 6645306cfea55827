# Gives a cell the label of its upper or left neighbour and never joins two labels.
h, w = map(int, input().split())
grid = [input().strip() for _ in range(h)]
label, sizes = {}, []
for y in range(h):
    for x in range(w):
        if grid[y][x] == "#":
            if (y - 1, x) in label:
                label[y, x] = label[y - 1, x]
            elif (y, x - 1) in label:
                label[y, x] = label[y, x - 1]
            else:
                label[y, x] = len(sizes)
                sizes.append(0)
            sizes[label[y, x]] += 1
print(len(sizes), max(sizes, default=0))
