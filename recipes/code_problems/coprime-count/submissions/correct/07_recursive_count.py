import sys

sys.setrecursionlimit(10000)


def factors(n, p=2):
    out = []
    while p * p <= n:
        if n % p == 0:
            out.append(p)
            while n % p == 0:
                n //= p
        p += 1
    return out + [n] if n > 1 else out


def upto(m, ps):
    """Numbers 1..m without any of the primes ps."""
    if not ps or m == 0:
        return m
    return upto(m, ps[1:]) - upto(m // ps[0], ps[1:])


a, b, n = map(int, input().split())
ps = factors(n)
print(upto(b, ps) - upto(a - 1, ps))
