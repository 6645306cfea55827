def half(coins, s):
    out = [0] * (s + 1)
    out[0] = 1
    for c in coins:
        for a in range(c, s + 1):
            out[a] += out[a - c]
    return out


k, s = map(int, input().split())
coins = list(map(int, input().split()))
first, second = half(coins[::2], s), half(coins[1::2], s)
print(sum(x * y for x, y in zip(first, reversed(second))))
