# Counts pairs of values, not of positions.
n, t = map(int, input().split())
a = list(map(int, input().split()))
pairs = {tuple(sorted((a[i], a[j]))) for i in range(n) for j in range(i + 1, n) if a[i] + a[j] == t}
print(len(pairs))
