# Takes positions to start at 0.
n, q = map(int, input().split())
a = list(map(int, input().split())) + [0]
for _ in range(q):
    kind, x, y = input().split()
    if kind == "S":
        print(sum(a[int(x) : int(y) + 1]))
    else:
        a[int(x)] = int(y)
