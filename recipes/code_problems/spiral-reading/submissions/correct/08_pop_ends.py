r, c = map(int, input().split())
m = [input().split() for _ in range(r)]
out = []
while m and m[0]:
    out.extend(m.pop(0))
    for row in m:
        out.append(row.pop())
    if m:
        out.extend(reversed(m.pop()))
    for row in reversed(m):
        if row:
            out.append(row.pop(0))
print(*out)
