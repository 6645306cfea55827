k, s = map(int, input().split())
coins = sorted(map(int, input().split()))
# at[i][a]: ways to pay a in which coin i is the largest that is used
at = [[0] * (s + 1) for _ in range(k)]
for amount in range(1, s + 1):
    for i in range(k):
        rest = amount - coins[i]
        if rest == 0:
            at[i][amount] = 1
        elif rest > 0:
            at[i][amount] = sum(at[j][rest] for j in range(i + 1))
print(1 if s == 0 else sum(at[i][s] for i in range(k)))
