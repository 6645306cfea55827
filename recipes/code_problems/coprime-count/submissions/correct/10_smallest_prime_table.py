import sys

a, b, n = map(int, sys.stdin.readline().split())
low = list(range(b + 1))
for p in range(2, b + 1):
    if low[p] == p:
        for m in range(2 * p, b + 1, p):
            if low[m] == m:
                low[m] = p


def coprime(x):
    while x > 1:
        if n % low[x] == 0:
            return False
        x //= low[x]
    return True


print(sum(map(coprime, range(a, b + 1))))
