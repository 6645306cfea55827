n = int(input())
ready = [1001] * 1002  # earliest end of a talk that begins at this time or later
for _ in range(n):
    s, e = map(int, input().split())
    ready[s] = min(ready[s], e)
for t in range(1000, -1, -1):
    ready[t] = min(ready[t], ready[t + 1])
at, count = 0, 0
while ready[at] <= 1000:
    at = ready[at]
    count += 1
print(count)
