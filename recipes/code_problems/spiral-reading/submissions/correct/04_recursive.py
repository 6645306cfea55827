def spiral(rows):
    if not rows or not rows[0]:
        return []
    if len(rows) == 1:
        return rows[0]
    inner = [row[1:-1] for row in rows[1:-1]]
    right = [row[-1] for row in rows[1:-1]]
    left = [row[0] for row in rows[1:-1]] if len(rows[0]) > 1 else []
    bottom = rows[-1][::-1]
    return rows[0] + right + bottom + left[::-1] + spiral(inner)


r, c = map(int, input().split())
print(*spiral([input().split() for _ in range(r)]))
