from math import fsum

n = int(input())
a = list(map(float, input().split()))
print(fsum(abs(a[i] - a[j]) / (n * (n - 1) / 2) for i in range(n) for j in range(i)))
