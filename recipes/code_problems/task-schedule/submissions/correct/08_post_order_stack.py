import sys

read = sys.stdin.readline
n, m = map(int, read().split())
t = list(map(int, read().split()))
follow = [[] for _ in range(n)]
for _ in range(m):
    a, b = map(int, read().split())
    follow[a - 1].append(b - 1)
state, tail, circle = [0] * n, [0] * n, False
for root in range(n):
    if state[root]:
        continue
    stack = [(root, 0)]
    state[root] = 1
    while stack:
        i, k = stack.pop()
        if k < len(follow[i]):
            stack.append((i, k + 1))
            j = follow[i][k]
            if state[j] == 0:
                state[j] = 1
                stack.append((j, 0))
            elif state[j] == 1:
                circle = True
        else:
            tail[i] = t[i] + max((tail[j] for j in follow[i]), default=0)
            state[i] = 2
print("never" if circle else max(tail))
