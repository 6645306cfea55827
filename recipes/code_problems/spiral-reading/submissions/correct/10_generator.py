def ring(top, left, height, width):
    for x in range(width):
        yield top, left + x
    for y in range(1, height):
        yield top + y, left + width - 1
    if height > 1:
        for x in range(width - 2, -1, -1):
            yield top + height - 1, left + x
    if width > 1:
        for y in range(height - 2, 0, -1):
            yield top + y, left


r, c = map(int, input().split())
m = [input().split() for _ in range(r)]
k, parts = 0, []
while 2 * k < min(r, c):
    parts += [m[y][x] for y, x in ring(k, k, r - 2 * k, c - 2 * k)]
    k += 1
print(*parts)
