k, s = map(int, input().split())
reached = {0: 1}
for coin in sorted(map(int, input().split()), reverse=True):
    following = {}
    for amount, ways in reached.items():
        for total in range(amount, s + 1, coin):
            following[total] = following.get(total, 0) + ways
    reached = following
print(reached.get(s, 0))
