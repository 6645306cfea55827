s = input().strip()
best_letter, best = s[0], 0
current = 0
for i, c in enumerate(s):
    current = current + 1 if i and s[i - 1] == c else 1
    if current > best:
        best_letter, best = c, current
print(best_letter, best)
