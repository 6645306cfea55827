import sys

data = sys.stdin.read().split()
n, t = int(data[0]), int(data[1])
SHIFT = 1000
bucket = [0] * 2001
pairs = 0
for word in data[2 : 2 + n]:
    x = int(word)
    other = t - x + SHIFT
    if 0 <= other <= 2000:
        pairs += bucket[other]
    bucket[x + SHIFT] += 1
print(pairs)
