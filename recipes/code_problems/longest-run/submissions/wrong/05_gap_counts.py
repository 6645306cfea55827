# Forgets to start again at 1 after another letter.
s = input().strip()
best, letter, run = 1, s[0], 1
for i in range(1, len(s)):
    if s[i] == s[i - 1]:
        run += 1
        if run > best:
            best, letter = run, s[i]
print(letter, best)
