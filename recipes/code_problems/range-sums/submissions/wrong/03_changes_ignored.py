# Works out all sums before the changes.
n, q = map(int, input().split())
p = [0]
for w in input().split():
    p.append(p[-1] + int(w))
for _ in range(q):
    kind, x, y = input().split()
    if kind == "S":
        print(p[int(y)] - p[int(x) - 1])
