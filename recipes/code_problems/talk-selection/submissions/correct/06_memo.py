import sys
from functools import cache

sys.setrecursionlimit(10000)
n, *numbers = map(int, sys.stdin.read().split())
talks = list(zip(numbers[::2], numbers[1::2]))


@cache
def hear(time):
    """Most talks that begin at `time` or later."""
    return max((1 + hear(e) for s, e in talks if s >= time), default=0)


print(hear(0))
