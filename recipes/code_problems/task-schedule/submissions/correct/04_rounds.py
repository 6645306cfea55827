n, m = map(int, input().split())
hours = dict(enumerate(map(int, input().split()), 1))
needs = {i: set() for i in hours}
for _ in range(m):
    a, b = map(int, input().split())
    needs[b].add(a)
finish = {}
while len(finish) < n:
    now = [i for i in hours if i not in finish and all(a in finish for a in needs[i])]
    if not now:
        break
    for i in now:
        finish[i] = hours[i] + max([finish[a] for a in needs[i]] + [0])
print(max(finish.values()) if len(finish) == n else "never")
