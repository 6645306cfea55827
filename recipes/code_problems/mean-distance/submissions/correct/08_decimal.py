from decimal import Decimal

n = int(input())
a = list(map(int, input().split()))
print(Decimal(sum(abs(x - y) for x in a for y in a)) / (n * (n - 1)))
