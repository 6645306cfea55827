s = input().strip()
i = 0
answer = ("", 0)
while i < len(s):
    j = i
    while j < len(s) and s[j] == s[i]:
        j += 1
    if j - i > answer[1]:
        answer = (s[i], j - i)
    i = j
print(*answer)
