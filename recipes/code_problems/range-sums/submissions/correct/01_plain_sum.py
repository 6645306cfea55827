n, q = map(int, input().split())
a = list(map(int, input().split()))
for _ in range(q):
    kind, x, y = input().split()
    if kind == "S":
        print(sum(a[int(x) - 1 : int(y)]))
    else:
        a[int(x) - 1] = int(y)
