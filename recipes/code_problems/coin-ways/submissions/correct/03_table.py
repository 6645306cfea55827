import sys

k, s, *v = map(int, sys.stdin.read().split())
table = [[0] * (s + 1) for _ in range(k + 1)]
for row in table:
    row[0] = 1
for i in range(1, k + 1):
    for j in range(1, s + 1):
        table[i][j] = table[i - 1][j]
        if j >= v[i - 1]:
            table[i][j] += table[i][j - v[i - 1]]
print(table[k][s])
