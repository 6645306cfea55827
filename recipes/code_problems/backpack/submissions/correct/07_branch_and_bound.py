import sys

sys.setrecursionlimit(10000)
n, c = map(int, input().split())
things = sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda t: t[1] / t[0], reverse=True)
best = 0


def bound(i, room):
    total = 0
    for w, v in things[i:]:
        if w > room:
            return total + v * room / w
        room -= w
        total += v
    return total


def search(i, room, value):
    global best
    best = max(best, value)
    if i < n and value + bound(i, room) > best:
        w, v = things[i]
        if w <= room:
            search(i + 1, room - w, value + v)
        search(i + 1, room, value)


search(0, c, 0)
print(best)
