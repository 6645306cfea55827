r, c = map(int, input().split())
m = [input().split() for _ in range(r)]
top, bottom, left, right = 0, r - 1, 0, c - 1
out = []
while top <= bottom and left <= right:
    for x in range(left, right + 1):
        out.append(m[top][x])
    for y in range(top + 1, bottom + 1):
        out.append(m[y][right])
    if top < bottom:
        for x in range(right - 1, left - 1, -1):
            out.append(m[bottom][x])
    if left < right:
        for y in range(bottom - 1, top, -1):
            out.append(m[y][left])
    top, bottom, left, right = top + 1, bottom - 1, left + 1, right - 1
print(*out)
