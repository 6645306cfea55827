from math import gcd

a, b, n = map(int, input().split())
print(sum(gcd(x, n) == 1 for x in range(a, b + 1)))
