s = input().strip()
n = len(s)
longest = [0] * n
for i in range(n - 1, -1, -1):
    diagonal = 0
    longest[i] = 1
    for j in range(i + 1, n):
        old = longest[j]
        if s[i] == s[j]:
            longest[j] = diagonal + 2
        elif longest[j - 1] > longest[j]:
            longest[j] = longest[j - 1]
        diagonal = old
print(n - longest[-1])
