import sys

lines = sys.stdin.read().splitlines()
n, q = map(int, lines[0].split())
a = [int(x) for x in lines[1].split()]
orders = [line.split() for line in lines[2 : 2 + q]]
# For each question: the state of every element is its last change before the question.
for at, (kind, x, y) in enumerate(orders):
    if kind != "S":
        continue
    state = {i: a[i - 1] for i in range(int(x), int(y) + 1)}
    for k, i, v in orders[:at]:
        if k == "C" and int(i) in state:
            state[int(i)] = int(v)
    print(sum(state.values()))
