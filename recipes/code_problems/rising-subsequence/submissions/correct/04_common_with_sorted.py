n = int(input())
a = [int(x) for x in input().split()]
b = sorted(set(a))
row = [0] * (len(b) + 1)
for x in a:
    new = [0]
    for j, y in enumerate(b, 1):
        new.append(row[j - 1] + 1 if x == y else max(row[j], new[j - 1]))
    row = new
print(row[-1])
