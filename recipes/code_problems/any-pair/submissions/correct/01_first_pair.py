n, t = map(int, input().split())
a = list(map(int, input().split()))
pairs = ((i + 1, j + 1) for i in range(n) for j in range(i + 1, n) if a[i] + a[j] == t)
print(*next(pairs, ["none"]))
