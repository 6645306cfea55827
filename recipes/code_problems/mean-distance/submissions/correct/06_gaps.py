n = int(input())
a = sorted(map(int, input().split()))
total = sum((b - c) * i * (n - i) for i, (c, b) in enumerate(zip(a, a[1:]), 1))
print(total / (n * (n - 1) // 2))
