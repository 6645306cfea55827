import sys

sys.setrecursionlimit(5000)
s = input().strip() + "$"
PAIR = {"(": ")", "[": "]", "{": "}"}


class Unsound(Exception):
    pass


def parse(i):
    """Reads pairs from i on; returns (place after them, greatest depth)."""
    best = 0
    while s[i] in PAIR:
        end, inner = parse(i + 1)
        if s[end] != PAIR[s[i]]:
            raise Unsound
        best = max(best, inner + 1)
        i = end + 1
    return i, best


try:
    end, depth = parse(0)
    print(depth if end == len(s) - 1 else -1)
except Unsound:
    print(-1)
