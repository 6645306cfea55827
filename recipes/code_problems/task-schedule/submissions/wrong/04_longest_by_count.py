# Looks for the chain with the most tasks and adds up its hours.
n, m = map(int, input().split())
t = list(map(int, input().split()))
needs = [set() for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    needs[b - 1].add(a - 1)
chain = {}
while True:
    now = [i for i in range(n) if i not in chain and all(a in chain for a in needs[i])]
    if not now:
        break
    for i in now:
        tasks, hours = max((chain[a] for a in needs[i]), default=(0, 0))
        chain[i] = (tasks + 1, hours + t[i])
print(max(chain.values())[1] if len(chain) == n else "never")
