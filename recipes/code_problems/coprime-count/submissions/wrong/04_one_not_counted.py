# Thinks that 1 shares a factor with every number.
from math import gcd

a, b, n = map(int, input().split())
print(sum(gcd(x, n) == 1 for x in range(max(a, 2), b + 1)))
