import sys

n, t, *a = map(int, sys.stdin.read().split())
seen = {}
total = 0
for value in a:
    total += seen.get(t - value, 0)
    seen[value] = seen.get(value, 0) + 1
print(total)
