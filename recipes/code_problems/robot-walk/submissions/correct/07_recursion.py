import sys

sys.setrecursionlimit(5000)


def walk(commands, x=0, y=0, dx=0, dy=1, far=0):
    if not commands:
        return x, y, far
    first, rest = commands[0], commands[1:]
    if first == "L":
        return walk(rest, x, y, -dy, dx, far)
    if first == "R":
        return walk(rest, x, y, dy, -dx, far)
    k = int(first[2:])
    if first[0] == "B":
        k = -k
    x, y = x + dx * k, y + dy * k
    return walk(rest, x, y, dx, dy, max(far, abs(x) + abs(y)))


print(*walk([input().strip() for _ in range(int(input()))]))
