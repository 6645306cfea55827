n = int(input())
a = sorted(map(int, input().split()))
total = sum(x * (2 * i - n + 1) for i, x in enumerate(a))
print(f"{2 * total / (n * (n - 1)):.9f}")
