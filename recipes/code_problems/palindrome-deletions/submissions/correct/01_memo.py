import sys
from functools import cache

sys.setrecursionlimit(10000)
s = input().strip()


@cache
def strike(i, j):
    if i >= j:
        return 0
    if s[i] == s[j]:
        return strike(i + 1, j - 1)
    return 1 + min(strike(i + 1, j), strike(i, j - 1))


print(strike(0, len(s) - 1))
