# The difference of a change is taken from the first value, so the second change of a place goes wrong.
n, q = map(int, input().split())
a = list(map(int, input().split()))
tree = [0] * (n + 1)


def add(i, d):
    while i <= n:
        tree[i] += d
        i += i & -i


def prefix(i):
    return tree[i] + prefix(i & i - 1) if i else 0


for i, v in enumerate(a, 1):
    add(i, v)
for _ in range(q):
    kind, x, y = input().split()
    x, y = int(x), int(y)
    if kind == "S":
        print(prefix(y) - prefix(x - 1))
    else:
        add(x, y - a[x - 1])
