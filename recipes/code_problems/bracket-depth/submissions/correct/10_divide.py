import sys

sys.setrecursionlimit(4000)


def reduce(text):
    """What is left of a text when sound parts are taken out, by halves."""
    if len(text) <= 1:
        return text
    middle = len(text) // 2
    left, right = reduce(text[:middle]), reduce(text[middle:])
    k = 0
    while k < min(len(left), len(right)) and left[-1 - k] + right[k] in ("()", "[]", "{}"):
        k += 1
    return left[: len(left) - k] + right[k:]


s = input().strip()
if reduce(s):
    print(-1)
else:
    print(max(sum(1 if c in "([{" else -1 for c in s[:i]) for i in range(len(s) + 1)))
