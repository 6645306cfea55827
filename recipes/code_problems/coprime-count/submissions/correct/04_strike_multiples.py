a, b, n = map(int, input().split())
good = [True] * (b + 1)
p = 2
while n > 1:
    if n % p == 0:
        for multiple in range(p, b + 1, p):
            good[multiple] = False
        while n % p == 0:
            n //= p
    p += 1 if p * p <= n else max(n - p, 1)
print(sum(good[a:]))
