n = int(input())
a = list(map(int, input().split()))
print(f"{sum(abs(x - y) for x in a for y in a) / (n * n - n):.12e}")
