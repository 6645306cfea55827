from collections import deque

n, q = map(int, input().split())
queue = deque(enumerate(map(int, input().split()), 1))
printed = 0
while queue:
    who, left = queue.popleft()
    now = min(left, q)
    printed += now
    if left > now:
        queue.append((who, left - now))
    else:
        print(who, printed)
