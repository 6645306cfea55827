k, s = map(int, input().split())
ways = [1] + [0] * s
for coin in map(int, input().split()):
    for amount in range(coin, s + 1):
        ways[amount] += ways[amount - coin]
print(ways[s])
