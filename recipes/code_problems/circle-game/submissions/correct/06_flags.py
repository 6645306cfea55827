n, k = map(int, input().split())
inside = [True] * n
i, remaining = -1, n
while remaining > 1:
    steps = k % remaining or remaining
    while steps:
        i = (i + 1) % n
        steps -= inside[i]
    inside[i] = False
    remaining -= 1
print(inside.index(True) + 1)
