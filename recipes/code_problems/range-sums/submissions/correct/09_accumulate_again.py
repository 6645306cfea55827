from itertools import accumulate

n, q = map(int, input().split())
a = list(map(int, input().split()))
sums = None
out = []
for _ in range(q):
    kind, x, y = input().split()
    if kind == "C":
        a[int(x) - 1] = int(y)
        sums = None  # worked out again when it is needed
    else:
        if sums is None:
            sums = [0, *accumulate(a)]
        out.append(sums[int(y)] - sums[int(x) - 1])
print(*out, sep="\n")
