a, b, n = map(int, input().split())
survivors = set(range(a, b + 1))
d = 2
while d <= b and survivors:
    if n % d == 0:
        survivors = {x for x in survivors if x % d}
        while n % d == 0:
            n //= d
    d += 1
print(len(survivors))
