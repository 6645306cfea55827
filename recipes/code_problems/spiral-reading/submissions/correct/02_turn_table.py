r, _ = map(int, input().split())
table = [input().split() for _ in range(r)]
order = []
while table:
    order += table.pop(0)
    table = list(zip(*table))[::-1]
print(" ".join(order))
