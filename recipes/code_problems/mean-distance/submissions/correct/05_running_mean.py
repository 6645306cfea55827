n = int(input())
a = [int(x) for x in input().split()]
mean = k = 0
for i in range(n):
    for j in range(i):
        k += 1
        mean += (abs(a[i] - a[j]) - mean) / k
print(mean)
