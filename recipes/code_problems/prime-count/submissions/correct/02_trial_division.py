def is_prime(x):
    if x < 2:
        return False
    d = 2
    while d * d <= x:
        if x % d == 0:
            return False
        d += 1
    return True


a, b = map(int, input().split())
count, gap, last = 0, 0, None
for x in range(a, b + 1):
    if is_prime(x):
        count += 1
        if last is not None:
            gap = max(gap, x - last)
        last = x
print(count, gap)
