# The loop ends one before the amount itself for coins after the first.
k, s = map(int, input().split())
ways = [1] + [0] * s
for i, c in enumerate(map(int, input().split())):
    for a in range(c, s + 1 if i == 0 else s):
        ways[a] += ways[a - c]
print(ways[s])
