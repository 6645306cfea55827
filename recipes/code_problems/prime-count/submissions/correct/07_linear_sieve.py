a, b = map(int, input().split())
low, primes = [0] * (b + 1), []
for i in range(2, b + 1):
    if not low[i]:
        low[i] = i
        primes.append(i)
    for p in primes:
        if p > low[i] or p * i > b:
            break
        low[p * i] = p
best = count = 0
previous = 0
for p in primes:
    if p >= a:
        count += 1
        if previous:
            best = max(best, p - previous)
        previous = p
print(count, best)
