# Pays with the largest coins and calls that the only way.
k, s = map(int, input().split())
for c in sorted(map(int, input().split()), reverse=True):
    s %= c
print(int(s == 0))
