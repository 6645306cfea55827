# One large number holds all counts, 64 bits each; multiplying by 1/(1 - x^c) is adding shifted copies.
k, s = map(int, input().split())
BITS = 64
mask = (1 << BITS * (s + 1)) - 1
packed = 1
for c in map(int, input().split()):
    shift = c
    while shift <= s:
        packed = (packed + (packed << BITS * shift)) & mask
        shift *= 2
print(packed >> BITS * s & (1 << BITS) - 1)
