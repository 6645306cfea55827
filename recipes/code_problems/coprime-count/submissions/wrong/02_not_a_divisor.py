# Counts numbers that do not divide n instead of those without a common factor.
a, b, n = map(int, input().split())
print(sum(n % x != 0 or x == 1 for x in range(a, b + 1)))
