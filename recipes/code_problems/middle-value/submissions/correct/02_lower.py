n = int(input())
a = sorted(int(x) for x in input().split())
print(a[(n - 1) // 2])
