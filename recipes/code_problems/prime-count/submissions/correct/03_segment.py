from math import isqrt

a, b = map(int, input().split())
flags = bytearray([1]) * (b - a + 1)
if a == 1:
    flags[0] = 0
for d in range(2, isqrt(b) + 1):
    first = max(d * d, -(-a // d) * d)
    for m in range(first, b + 1, d):
        flags[m - a] = 0
primes = [i + a for i, f in enumerate(flags) if f]
gap = 0
for i in range(1, len(primes)):
    if primes[i] - primes[i - 1] > gap:
        gap = primes[i] - primes[i - 1]
print(len(primes), gap)
