a, b, n = map(int, input().split())


def mu(d):
    sign, p = 1, 2
    while p * p <= d:
        if d % p == 0:
            d //= p
            if d % p == 0:
                return 0
            sign = -sign
        p += 1
    return -sign if d > 1 else sign


divisors = [d for d in range(1, b + 1) if n % d == 0]
print(sum(mu(d) * (b // d - (a - 1) // d) for d in divisors))
