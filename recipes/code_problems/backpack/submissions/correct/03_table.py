n, c = map(int, input().split())
w, v = [], []
for _ in range(n):
    a, b = map(int, input().split())
    w.append(a)
    v.append(b)
t = [[0] * (c + 1) for _ in range(n + 1)]
for i in range(1, n + 1):
    for j in range(c + 1):
        t[i][j] = t[i - 1][j]
        if w[i - 1] <= j:
            t[i][j] = max(t[i][j], t[i - 1][j - w[i - 1]] + v[i - 1])
print(t[-1][-1])
