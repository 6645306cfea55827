# Counts the numbers between two primes instead of their difference.
a, b = map(int, input().split())
p = [x for x in range(max(a, 2), b + 1) if all(x % d for d in range(2, int(x**0.5) + 1))]
print(len(p), max((y - x - 1 for x, y in zip(p, p[1:])), default=0))
