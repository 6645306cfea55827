from fractions import Fraction

n = int(input())
a = sorted(map(int, input().split()))
prefix = total = 0
for i, x in enumerate(a):
    total += x * i - prefix
    prefix += x
print(float(Fraction(2 * total, n * (n - 1))))
