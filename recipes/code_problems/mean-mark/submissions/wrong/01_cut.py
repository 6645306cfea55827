# Cuts off instead of rounding.
n = int(input())
print(sum(map(int, input().split())) // n)
