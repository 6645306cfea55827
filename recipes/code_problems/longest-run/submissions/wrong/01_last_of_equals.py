# Takes the last of several longest runs.
s = input().strip()
best, letter, run = 0, "", 0
for i, c in enumerate(s):
    run = run + 1 if i and s[i - 1] == c else 1
    if run >= best:
        best, letter = run, c
print(letter, best)
