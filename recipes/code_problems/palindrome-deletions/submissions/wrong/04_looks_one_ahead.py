# Chooses the side by the next letter only.
s = input().strip()
i, j, struck = 0, len(s) - 1, 0
while i < j:
    if s[i] == s[j]:
        i += 1
        j -= 1
    elif s[i + 1] == s[j]:
        i += 1
        struck += 1
    else:
        j -= 1
        struck += 1
print(struck)
