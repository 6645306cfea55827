n = int(input())
a = sorted(map(int, input().split()))
i, j = 0, n - 1
while i < j:
    i, j = i + 1, j - 1
print(a[j])
