import sys
from functools import cache

sys.setrecursionlimit(10000)
n, *a = map(int, sys.stdin.read().split())


@cache
def longest(i):
    return 1 + max((longest(j) for j in range(i + 1, n) if a[j] > a[i]), default=0)


print(max(longest(i) for i in range(n)))
