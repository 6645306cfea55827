a = input().strip()
b = a[::-1]
row = [0] * (len(b) + 1)
for x in a:
    last = 0
    for j, y in enumerate(b):
        keep = row[j + 1]
        row[j + 1] = last + 1 if x == y else max(row[j + 1], row[j])
        last = keep
print(len(a) - row[-1])
