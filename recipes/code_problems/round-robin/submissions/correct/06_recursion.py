import sys

sys.setrecursionlimit(20000)


def turn(queue, total, q):
    """One round for everybody in `queue`; returns the lines that it and later rounds print."""
    lines, again = [], []
    for who, left in queue:
        if left > q:
            total += q
            again.append((who, left - q))
        else:
            total += left
            lines.append((who, total))
    return lines + turn(again, total, q) if again else lines


n, q = map(int, input().split())
people = list(zip(range(1, n + 1), map(int, input().split())))
for line in turn(people, 0, q):
    print(*line)
