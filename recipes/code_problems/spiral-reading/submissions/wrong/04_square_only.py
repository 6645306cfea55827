# Counts the rings by the rows only: a wide or narrow table ends too early or too late.
r, c = map(int, input().split())
m = [input().split() for _ in range(r)]
out = []
for k in range((r + 1) // 2):
    lo, hi, b = k, c - 1 - k, r - 1 - k
    out += [m[k][x] for x in range(lo, hi + 1)]
    out += [m[y][hi] for y in range(k + 1, b + 1)]
    if k < b:
        out += [m[b][x] for x in range(hi - 1, lo - 1, -1)]
    if lo < hi:
        out += [m[y][lo] for y in range(b - 1, k, -1)]
print(*out)
