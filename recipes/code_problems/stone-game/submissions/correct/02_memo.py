import sys
from functools import cache

sys.setrecursionlimit(5000)
n, k = map(int, input().split())
moves = sorted(int(x) for x in input().split())


@cache
def best(stones):
    """The smallest winning move, 0 if there is none."""
    for m in moves:
        if m <= stones and best(stones - m) == 0:
            return m
    return 0


print(f"first {best(n)}" if best(n) else "second")
