# Says that the amount 0 cannot be paid.
k, s = map(int, input().split())
ways = [1] + [0] * s
for c in map(int, input().split()):
    for a in range(c, s + 1):
        ways[a] += ways[a - c]
print(ways[s] if s else 0)
