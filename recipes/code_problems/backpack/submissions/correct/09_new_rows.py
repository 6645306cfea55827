n, c = map(int, input().split())
row = [0] * (c + 1)
for _ in range(n):
    w, v = map(int, input().split())
    shifted = [float("-inf")] * min(w, c + 1) + [x + v for x in row[: max(0, c + 1 - w)]]
    row = [max(a, b) for a, b in zip(row, shifted)]
print(row[c])
