# Takes 1 for a prime.
a, b = map(int, input().split())
p = [x for x in range(a, b + 1) if all(x % d for d in range(2, int(x**0.5) + 1))]
print(len(p), max((y - x for x, y in zip(p, p[1:])), default=0))
