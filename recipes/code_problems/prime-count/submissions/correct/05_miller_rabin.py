def strong(n):
    """Exact below 3,215,031,751 with these bases."""
    if n < 2:
        return False
    for p in (2, 3, 5, 7):
        if n % p == 0:
            return n == p
    d, r = n - 1, 0
    while d % 2 == 0:
        d, r = d // 2, r + 1
    for base in (2, 3, 5, 7):
        x = pow(base, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


low, high = map(int, input().split())
p = list(filter(strong, range(low, high + 1)))
print(len(p), max(map(lambda x, y: y - x, p, p[1:]), default=0))
