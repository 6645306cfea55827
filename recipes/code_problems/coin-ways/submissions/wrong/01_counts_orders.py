# Counts 1 + 2 and 2 + 1 as two ways.
k, s = map(int, input().split())
coins = list(map(int, input().split()))
ways = [1] + [0] * s
for amount in range(1, s + 1):
    ways[amount] = sum(ways[amount - c] for c in coins if c <= amount)
print(ways[s])
