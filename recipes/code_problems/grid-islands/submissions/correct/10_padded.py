import sys

first, *body = sys.stdin.read().split("\n")
h, w = map(int, first.split())
W = w + 1
sea = list("." * W + ".".join(line.strip() for line in body[:h]) + "." * (W + 1))


def sink(i):
    todo = {i}
    area = 0
    while todo:
        j = todo.pop()
        if sea[j] == "#":
            sea[j] = "~"
            area += 1
            todo |= {j - 1, j + 1, j - W, j + W}
    return area


areas = [sink(i) for i in range(len(sea)) if sea[i] == "#"]
print(len(areas), max([0, *areas]))
