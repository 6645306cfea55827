import sys

sys.setrecursionlimit(5000)


def best(s):
    """The longest run of s as (length, letter); the earlier of two equals."""
    if not s:
        return 0, ""
    rest = s.lstrip(s[0])
    here = len(s) - len(rest)
    later = best(rest)
    return later if later[0] > here else (here, s[0])


length, letter = best(input().strip())
print(letter, length)
