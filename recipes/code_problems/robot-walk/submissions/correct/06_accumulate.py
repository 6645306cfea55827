import sys
from itertools import accumulate

commands = [line.split() for line in sys.stdin.read().splitlines()[1:] if line]


def step(state, command):
    x, y, dx, dy = state
    kind = command[0]
    if kind == "L":
        return x, y, -dy, dx
    if kind == "R":
        return x, y, dy, -dx
    k = int(command[1]) * (-1 if kind == "B" else 1)
    return x + k * dx, y + k * dy, dx, dy


states = list(accumulate(commands, step, initial=(0, 0, 0, 1)))
print(states[-1][0], states[-1][1], max(abs(x) + abs(y) for x, y, _, _ in states))
