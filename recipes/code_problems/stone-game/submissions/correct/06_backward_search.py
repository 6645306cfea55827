from collections import deque

n, k = map(int, input().split())
moves = list(map(int, input().split()))
left = [sum(m <= s for m in moves) for s in range(n + 1)]
state = [None] * (n + 1)
queue = deque(s for s in range(n + 1) if left[s] == 0)
for s in queue:
    state[s] = "lost"
while queue:
    s = queue.popleft()
    for m in moves:
        t = s + m
        if t > n or state[t]:
            continue
        if state[s] == "lost":
            state[t] = "won"
            queue.append(t)
        else:
            left[t] -= 1
            if left[t] == 0:
                state[t] = "lost"
                queue.append(t)
if state[n] == "lost":
    print("second")
else:
    print("first", min(m for m in moves if m <= n and state[n - m] == "lost"))
