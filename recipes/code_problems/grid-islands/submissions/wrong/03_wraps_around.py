# The cell left of the first column is taken to be the last one: a negative index.
import sys

sys.setrecursionlimit(10000)
h, w = map(int, input().split())
grid = [list(input().strip()) for _ in range(h)]


def fill(y, x):
    if y >= h or x >= w or grid[y][x] != "#":
        return 0
    grid[y][x] = "."
    return 1 + fill(y + 1, x) + fill(y, x + 1) + (fill(y - 1, x) if y > -h else 0) + (fill(y, x - 1) if x > -w else 0)


sizes = [s for y in range(h) for x in range(w) if (s := fill(y, x))]
print(len(sizes), max(sizes, default=0))
