import sys
from functools import lru_cache

sys.setrecursionlimit(10000)
w = input().strip()


@lru_cache(None)
def keep(i, j):
    """Most letters that can stay of w[i:j]: choose the outer pair by its letter."""
    if j - i <= 1:
        return j - i
    best = 1
    for letter in set(w[i:j]):
        left, right = w.index(letter, i), w.rindex(letter, 0, j)
        if left < right:
            best = max(best, 2 + keep(left + 1, right))
    return best


print(len(w) - keep(0, len(w)))
