s = input().strip()
n = len(s)
cost = [[0] * n for _ in range(n)]
for length in range(2, n + 1):
    for i in range(n - length + 1):
        j = i + length - 1
        if s[i] == s[j]:
            cost[i][j] = cost[i + 1][j - 1] if length > 2 else 0
        else:
            cost[i][j] = 1 + min(cost[i + 1][j], cost[i][j - 1])
print(cost[0][n - 1])
