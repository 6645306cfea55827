n, q = map(int, input().split())
first = [0, *map(int, input().split())]
before = [0]
for v in first[1:]:
    before.append(before[-1] + v)
changed = {}
for _ in range(q):
    kind, x, y = input().split()
    x, y = int(x), int(y)
    if kind == "C":
        changed[x] = y - first[x]
    else:
        print(before[y] - before[x - 1] + sum(d for i, d in changed.items() if x <= i <= y))
