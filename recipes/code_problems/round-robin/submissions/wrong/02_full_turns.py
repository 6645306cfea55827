# Counts a whole turn of q pages for the last one too.
from collections import deque

n, q = map(int, input().split())
queue, total = deque(enumerate(map(int, input().split()), 1)), 0
while queue:
    who, left = queue.popleft()
    total += q
    if left > q:
        queue.append((who, left - q))
    else:
        print(who, total)
