n = int(input())
t = sorted(tuple(map(int, input().split())) for _ in range(n))
chain = [1] * n
for i in range(n):
    for j in range(i):
        if t[j][1] <= t[i][0]:
            chain[i] = max(chain[i], chain[j] + 1)
print(max(chain))
