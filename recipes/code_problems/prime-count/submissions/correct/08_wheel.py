import sys


def primes_to(n):
    yield from (p for p in (2, 3) if p <= n)
    for base in range(6, n + 2, 6):
        for x in (base - 1, base + 1):
            if x <= n and all(x % d and x % (d + 2) for d in range(5, int(x**0.5) + 1, 6)):
                yield x


a, b = map(int, sys.stdin.read().split())
inside = [p for p in primes_to(b) if p >= a]
gaps = [inside[i + 1] - inside[i] for i in range(len(inside) - 1)]
print(len(inside), max(gaps) if gaps else 0)
