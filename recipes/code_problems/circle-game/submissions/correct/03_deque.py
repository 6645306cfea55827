from collections import deque

n, k = map(int, input().split())
children = deque(range(1, n + 1))
while len(children) > 1:
    children.rotate(-(k - 1))
    children.popleft()
print(children.pop())
