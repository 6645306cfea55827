a, b = map(int, input().split())
prime = [False, False] + [True] * (b - 1)
for i in range(2, int(b**0.5) + 1):
    if prime[i]:
        for j in range(i * i, b + 1, i):
            prime[j] = False
found = [p for p in range(a, b + 1) if prime[p]]
print(len(found), max((q - p for p, q in zip(found, found[1:])), default=0))
