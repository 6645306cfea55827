import sys

sys.setrecursionlimit(2000)


def last(n, k):
    return 1 if n == 1 else (last(n - 1, k) + k - 1) % n + 1


print(last(*map(int, input().split())))
