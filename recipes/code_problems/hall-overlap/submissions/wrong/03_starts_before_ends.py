# Handles starts before ends of the same time.
n = int(input())
events = []
for _ in range(n):
    s, e = map(int, input().split())
    events += [(s, 0), (e, 1)]
now = best = at = 0
for t, kind in sorted(events):
    now += 1 if kind == 0 else -1
    if now > best:
        best, at = now, t
print(best, at)
