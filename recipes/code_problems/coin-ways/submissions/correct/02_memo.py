import sys
from functools import cache

sys.setrecursionlimit(5000)
k, s = map(int, input().split())
coins = list(map(int, input().split()))


@cache
def ways(i, rest):
    if rest == 0:
        return 1
    if rest < 0 or i == k:
        return 0
    return ways(i, rest - coins[i]) + ways(i + 1, rest)


print(ways(0, s))
