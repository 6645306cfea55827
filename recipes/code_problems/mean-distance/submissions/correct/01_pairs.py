n = int(input())
a = list(map(int, input().split()))
total = sum(abs(x - y) for i, x in enumerate(a) for y in a[:i])
print(total / (n * (n - 1) / 2))
