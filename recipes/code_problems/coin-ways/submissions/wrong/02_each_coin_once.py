# Uses every kind of coin at most once.
k, s = map(int, input().split())
ways = [1] + [0] * s
for c in map(int, input().split()):
    for a in range(s, c - 1, -1):
        ways[a] += ways[a - c]
print(ways[s])
