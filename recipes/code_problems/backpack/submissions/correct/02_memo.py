import sys
from functools import cache

n, c, *rest = map(int, sys.stdin.read().split())
things = list(zip(rest[::2], rest[1::2]))


@cache
def value(i, room):
    if i == n:
        return 0
    w, v = things[i]
    without = value(i + 1, room)
    return max(without, v + value(i + 1, room - w)) if w <= room else without


print(value(0, c))
