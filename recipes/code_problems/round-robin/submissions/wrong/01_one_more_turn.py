# Who has exactly q pages left goes to the end of the queue again.
from collections import deque

n, q = map(int, input().split())
queue, total = deque(enumerate(map(int, input().split()), 1)), 0
while queue:
    who, left = queue.popleft()
    if left >= q:
        total += q
        queue.append((who, left - q))
    else:
        total += left
        print(who, total)
