from collections import deque

n, q = map(int, input().split())
queue = deque([i, int(t)] for i, t in enumerate(input().split(), 1))
page = used = 0
while queue:
    page += 1
    used += 1
    queue[0][1] -= 1
    if queue[0][1] == 0:
        print(queue.popleft()[0], page)
        used = 0
    elif used == q:
        queue.rotate(-1)
        used = 0
