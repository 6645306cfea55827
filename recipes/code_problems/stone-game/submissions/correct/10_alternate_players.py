import sys
from functools import cache

sys.setrecursionlimit(10000)


@cache
def winner(stones, player):
    """Who wins when `player` (0 or 1) is to move."""
    for m in moves:
        if m <= stones and winner(stones - m, 1 - player) == player:
            return player
    return 1 - player


n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
if winner(n, 0) == 1:
    print("second")
else:
    print("first", [m for m in moves if m <= n and winner(n - m, 1) == 0][0])
