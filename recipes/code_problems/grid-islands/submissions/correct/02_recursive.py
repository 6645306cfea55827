import sys

sys.setrecursionlimit(10000)


def fill(y, x):
    if not (0 <= y < h and 0 <= x < w) or seen[y][x] or rows[y][x] != "#":
        return 0
    seen[y][x] = True
    return 1 + fill(y - 1, x) + fill(y + 1, x) + fill(y, x - 1) + fill(y, x + 1)


h, w = map(int, sys.stdin.readline().split())
rows = [sys.stdin.readline().strip() for _ in range(h)]
seen = [[False] * w for _ in range(h)]
found = [size for y in range(h) for x in range(w) if (size := fill(y, x))]
print(len(found), max(found) if found else 0)
