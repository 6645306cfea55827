import sys
from collections import Counter

lines = sys.stdin.read().split()
h, w = int(lines[0]), int(lines[1])
m = lines[2:]
root = list(range(h * w))


def find(a):
    while root[a] != a:
        root[a] = root[root[a]]
        a = root[a]
    return a


for y in range(h):
    for x in range(w):
        if m[y][x] == "#":
            if x and m[y][x - 1] == "#":
                root[find(y * w + x)] = find(y * w + x - 1)
            if y and m[y - 1][x] == "#":
                root[find(y * w + x)] = find(y * w + x - w)
count = Counter(find(y * w + x) for y in range(h) for x in range(w) if m[y][x] == "#")
print(len(count), max(count.values(), default=0))
