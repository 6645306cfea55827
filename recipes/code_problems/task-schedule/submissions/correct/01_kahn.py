from collections import deque

n, m = map(int, input().split())
t = list(map(int, input().split()))
after = [[] for _ in range(n)]
missing = [0] * n
for _ in range(m):
    a, b = map(int, input().split())
    after[a - 1].append(b - 1)
    missing[b - 1] += 1
start = [0] * n
ready = deque(i for i in range(n) if not missing[i])
done = end = 0
while ready:
    i = ready.popleft()
    done += 1
    finish = start[i] + t[i]
    end = max(end, finish)
    for j in after[i]:
        start[j] = max(start[j], finish)
        missing[j] -= 1
        if not missing[j]:
            ready.append(j)
print(end if done == n else "never")
