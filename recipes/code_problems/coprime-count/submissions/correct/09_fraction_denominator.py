from fractions import Fraction

a, b, n = map(int, input().split())
print(len([x for x in range(a, b + 1) if Fraction(x, n).denominator == n]))
