# Counts from 1, not from a.
from math import gcd

a, b, n = map(int, input().split())
print(sum(gcd(x, n) == 1 for x in range(1, b + 1)))
