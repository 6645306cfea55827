import sys

data = sys.stdin.read().split()
r, c = int(data[0]), int(data[1])
cells = data[2:]
steps = [c, r - 1]
at, moves, turn = -1, [1, c, -1, -c], 0
out = []
while steps[turn % 2] > 0:
    for _ in range(steps[turn % 2]):
        at += moves[turn % 4]
        out.append(cells[at])
    steps[turn % 2] -= 1
    turn += 1
print(*out)
