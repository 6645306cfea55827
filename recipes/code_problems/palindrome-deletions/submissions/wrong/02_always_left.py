# Strikes on the left side whenever the ends differ.
s = input().strip()
i, j, struck = 0, len(s) - 1, 0
while i < j:
    if s[i] == s[j]:
        j -= 1
    else:
        struck += 1
    i += 1
print(struck)
