# Leaves out pairs of two equal numbers.
n, t = map(int, input().split())
a = list(map(int, input().split()))
print(sum(a[i] + a[j] == t and a[i] != a[j] for i in range(n) for j in range(i + 1, n)))
