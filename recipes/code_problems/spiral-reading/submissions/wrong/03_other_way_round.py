# Goes down the first column first.
r, c = map(int, input().split())
table = [input().split() for _ in range(r)]
table = [list(row) for row in zip(*table)]
out = []
while table:
    out += table.pop(0)
    table = list(zip(*table))[::-1]
print(*out)
