s = input().strip()
ahead = [1] * len(s)
for i in range(len(s) - 2, -1, -1):
    if s[i] == s[i + 1]:
        ahead[i] = ahead[i + 1] + 1
at = ahead.index(max(ahead))
print(s[at], ahead[at])
