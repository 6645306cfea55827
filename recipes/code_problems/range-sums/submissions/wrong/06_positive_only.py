# Takes a sum below 0 for a mistake and prints 0.
n, q = map(int, input().split())
a = list(map(int, input().split()))
for _ in range(q):
    kind, x, y = input().split()
    if kind == "S":
        print(max(0, sum(a[int(x) - 1 : int(y)])))
    else:
        a[int(x) - 1] = int(y)
