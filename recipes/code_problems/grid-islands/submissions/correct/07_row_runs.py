from itertools import groupby

h, w = map(int, input().split())
parent, size = [], []


def top(i):
    while parent[i] != i:
        i = parent[i]
    return i


above = []
for _ in range(h):
    here, x = [], 0
    for char, group in groupby(input().strip()):
        length = len(list(group))
        if char == "#":
            parent.append(len(parent))
            size.append(length)
            here.append((x, x + length, len(parent) - 1))
        x += length
    for a, b, i in here:
        for c, d, j in above:
            if a < d and c < b:
                p, q = top(i), top(j)
                if p != q:
                    parent[p] = q
                    size[q] += size[p]
    above = here
roots = [i for i in range(len(parent)) if parent[i] == i]
print(len(roots), max((size[i] for i in roots), default=0))
