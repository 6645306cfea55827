# Does one task after the other.
n, m = map(int, input().split())
t = list(map(int, input().split()))
needs = [set() for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    needs[b - 1].add(a - 1)
done = set()
while True:
    now = {i for i in range(n) if i not in done and needs[i] <= done}
    if not now:
        break
    done |= now
print(sum(t) if len(done) == n else "never")
