from bisect import bisect_left, bisect_right

n, t = map(int, input().split())
a = sorted(int(x) for x in input().split())
result = 0
for i in range(n):
    want = t - a[i]
    result += bisect_right(a, want, i + 1) - bisect_left(a, want, i + 1)
print(result)
