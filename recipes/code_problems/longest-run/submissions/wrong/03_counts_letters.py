# Counts how often a letter occurs instead of how long its runs are.
s = input().strip()
letter = max(s, key=s.count)
print(letter, s.count(letter))
