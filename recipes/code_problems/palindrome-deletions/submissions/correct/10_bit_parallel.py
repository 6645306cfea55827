s = input().strip()
n = len(s)
full = (1 << n) - 1
where = {}
for i, c in enumerate(reversed(s)):
    where[c] = where.get(c, 0) | 1 << i
v = full
for c in s:
    u = v & where[c]
    v = (v + u | v - u) & full
print(n - bin(full & ~v).count("1"))
