n = int(input())
change = [0] * 1002
for _ in range(n):
    s, e = map(int, input().split())
    change[s] += 1
    change[e] -= 1
best = when = now = 0
for t, c in enumerate(change):
    now += c
    if now > best:
        best, when = now, t
print(best, when)
