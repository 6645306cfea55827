n, k = map(int, input().split())
row = list(range(1, n + 1))
while len(row) > 1:
    cut = (k - 1) % len(row)
    row = row[cut + 1 :] + row[:cut]
print(*row)
