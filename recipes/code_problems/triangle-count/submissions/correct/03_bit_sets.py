n, m = map(int, input().split())
row = [0] * (n + 1)
pairs = []
for _ in range(m):
    a, b = map(int, input().split())
    row[a] |= 1 << b
    row[b] |= 1 << a
    pairs.append((a, b))
print(sum(bin(row[a] & row[b]).count("1") for a, b in pairs) // 3)
