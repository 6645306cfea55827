# Keeps the longest part of the word that reads both ways, so the letters must stand together.
s = input().strip()
n = len(s)
best = max(j - i for i in range(n) for j in range(i + 1, n + 1) if s[i:j] == s[i:j][::-1])
print(n - best)
