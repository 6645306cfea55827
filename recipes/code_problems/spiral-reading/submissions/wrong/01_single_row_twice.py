# Reads a single middle row back again.
r, c = map(int, input().split())
m = [input().split() for _ in range(r)]
t, b, lo, hi = 0, r - 1, 0, c - 1
out = []
while t <= b and lo <= hi:
    out += [m[t][x] for x in range(lo, hi + 1)]
    out += [m[y][hi] for y in range(t + 1, b + 1)]
    out += [m[b][x] for x in range(hi - 1, lo - 1, -1)]
    if lo < hi:
        out += [m[y][lo] for y in range(b - 1, t, -1)]
    t, b, lo, hi = t + 1, b - 1, lo + 1, hi - 1
print(*out)
