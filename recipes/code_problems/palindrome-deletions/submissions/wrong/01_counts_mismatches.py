# Counts pairs of different letters: that is for changing letters, not for striking them.
s = input().strip()
print(sum(s[i] != s[-1 - i] for i in range(len(s) // 2)))
