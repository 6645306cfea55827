n, m = map(int, input().split())
left = list(map(int, input().split()))
needs = [set() for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    needs[b - 1].add(a - 1)
done, running, clock = set(), {}, 0
while True:
    for i in range(n):
        if i not in done and i not in running and needs[i] <= done:
            running[i] = clock + left[i]
    if not running:
        break
    clock = min(running.values())
    done |= {i for i, end in running.items() if end == clock}
    running = {i: end for i, end in running.items() if end > clock}
print(clock if len(done) == n else "never")
