# Counts letters that occur an odd number of times: letters may not be moved.
s = input().strip()
print(max(0, sum(s.count(c) % 2 for c in set(s)) - 1))
