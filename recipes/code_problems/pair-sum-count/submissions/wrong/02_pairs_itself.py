# Lets a position be its own partner when twice the value is the sum.
n, t = map(int, input().split())
a = list(map(int, input().split()))
print(sum(a[i] + a[j] == t for i in range(n) for j in range(i, n)))
