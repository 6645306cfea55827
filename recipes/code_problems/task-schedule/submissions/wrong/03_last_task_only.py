# Takes the end of task n for the end of everything.
n, m = map(int, input().split())
t = list(map(int, input().split()))
needs = [set() for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    needs[b - 1].add(a - 1)
finish = {}
while True:
    now = [i for i in range(n) if i not in finish and all(a in finish for a in needs[i])]
    if not now:
        break
    for i in now:
        finish[i] = t[i] + max((finish[a] for a in needs[i]), default=0)
print(finish[n - 1] if len(finish) == n else "never")
