k, s = map(int, input().split())
coins = sorted(map(int, input().split()))
memo = {}


def count(kinds, rest):
    if kinds == 1:
        return int(rest % coins[0] == 0)
    key = kinds, rest
    if key not in memo:
        memo[key] = sum(count(kinds - 1, rest - used) for used in range(0, rest + 1, coins[kinds - 1]))
    return memo[key]


print(count(k, s))
