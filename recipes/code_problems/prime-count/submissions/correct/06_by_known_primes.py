from itertools import pairwise, takewhile

a, b = map(int, input().split())
primes = []
for n in range(2, b + 1):
    if all(n % p for p in takewhile(lambda p: p * p <= n, primes)):
        primes.append(n)
chosen = [p for p in primes if p >= a]
print(len(chosen), max((q - p for p, q in pairwise(chosen)), default=0))
