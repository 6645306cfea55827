from itertools import combinations
from math import prod

a, b, n = map(int, input().split())
primes, p, rest = [], 2, n
while p * p <= rest:
    if rest % p == 0:
        primes.append(p)
        while rest % p == 0:
            rest //= p
    p += 1
if rest > 1:
    primes.append(rest)
total = 0
for size in range(len(primes) + 1):
    for chosen in combinations(primes, size):
        d = prod(chosen)
        total += (-1) ** size * (b // d - (a - 1) // d)
print(total)
