from bisect import bisect_right

n = int(input())
pairs = [list(map(int, input().split())) for _ in range(n)]
s = sorted(p[0] for p in pairs)
e = sorted(p[1] for p in pairs)
inside = {t: bisect_right(s, t) - bisect_right(e, t) for t in s}
full = max(inside.values())
print(full, min(t for t, k in inside.items() if k == full))
