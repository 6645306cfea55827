from collections import deque

n = int(input())
road = {}
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    road.setdefault(u, []).append((v, w))
    road.setdefault(v, []).append((u, w))


def bfs(root):
    far, length, queue = root, 0, deque([(root, 0, 0)])
    while queue:
        v, before, d = queue.popleft()
        if d > length:
            far, length = v, d
        queue.extend((to, v, d + w) for to, w in road.get(v, ()) if to != before)
    return far, length


end, _ = bfs(n)
print(bfs(end)[1])
