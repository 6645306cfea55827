import sys

sys.setrecursionlimit(10000)
data = list(map(int, sys.stdin.read().split()))
n, m = data[:2]
t = [0, *data[2 : 2 + n]]
before = [[] for _ in range(n + 1)]
for i in range(2 + n, 2 + n + 2 * m, 2):
    before[data[i + 1]].append(data[i])
WHITE, GREY, BLACK = range(3)
colour = [WHITE] * (n + 1)
finish = [0] * (n + 1)


def visit(i):
    """False when task i waits for itself."""
    if colour[i] != WHITE:
        return colour[i] == BLACK
    colour[i] = GREY
    if not all(visit(a) for a in before[i]):
        return False
    finish[i] = t[i] + max((finish[a] for a in before[i]), default=0)
    colour[i] = BLACK
    return True


print(max(finish) if all(visit(i) for i in range(1, n + 1)) else "never")
