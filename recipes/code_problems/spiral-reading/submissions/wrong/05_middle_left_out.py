# Stops before the last ring when it is a single row or column.
r, c = map(int, input().split())
m = [input().split() for _ in range(r)]
t, b, lo, hi = 0, r - 1, 0, c - 1
out = []
while t < b and lo < hi:
    out += [m[t][x] for x in range(lo, hi)]
    out += [m[y][hi] for y in range(t, b)]
    out += [m[b][x] for x in range(hi, lo, -1)]
    out += [m[y][lo] for y in range(b, t, -1)]
    t, b, lo, hi = t + 1, b - 1, lo + 1, hi - 1
print(*out)
