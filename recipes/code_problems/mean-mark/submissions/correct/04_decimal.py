from decimal import ROUND_HALF_UP, Decimal

n = int(input())
print((Decimal(sum(map(int, input().split()))) / n).quantize(Decimal(1), ROUND_HALF_UP))
