# Counts (i, j) and (j, i) as two pairs.
n, t = map(int, input().split())
a = list(map(int, input().split()))
print(sum(a[i] + a[j] == t for i in range(n) for j in range(n) if i != j))
