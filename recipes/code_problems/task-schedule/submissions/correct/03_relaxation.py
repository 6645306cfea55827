n, m = map(int, input().split())
t = [0] + [int(x) for x in input().split()]
pairs = [tuple(map(int, input().split())) for _ in range(m)]
finish = t[:]
for _ in range(n + 1):
    changed = False
    for a, b in pairs:
        if finish[a] + t[b] > finish[b]:
            finish[b] = finish[a] + t[b]
            changed = True
    if not changed:
        break
print("never" if changed else max(finish))
