from collections import deque

h, w = map(int, input().split())
text = "".join(input().strip() for _ in range(h))
owner = [0] * (h * w)
number = 0
biggest = 0
for start in range(h * w):
    if text[start] != "#" or owner[start]:
        continue
    number += 1
    owner[start] = number
    queue = deque([start])
    cells = 0
    while queue:
        at = queue.popleft()
        cells += 1
        row, col = divmod(at, w)
        around = []
        if row:
            around.append(at - w)
        if row < h - 1:
            around.append(at + w)
        if col:
            around.append(at - 1)
        if col < w - 1:
            around.append(at + 1)
        for to in around:
            if text[to] == "#" and not owner[to]:
                owner[to] = number
                queue.append(to)
    biggest = max(biggest, cells)
print(number, biggest)
