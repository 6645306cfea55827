s = input().strip()
n = len(s)
best = 0
for middle in range(n):
    for left, right, start in ((s[:middle][::-1], s[middle + 1 :], 1), (s[: middle + 1][::-1], s[middle + 1 :], 0)):
        row = [0] * (len(right) + 1)
        for a in left:
            new = [0]
            for k, b in enumerate(right):
                new.append(row[k] + 1 if a == b else max(row[k + 1], new[-1]))
            row = new
        best = max(best, 2 * row[-1] + start)
print(n - best)
