# Takes the things with the most value for their weight while they fit.
n, c = map(int, input().split())
things = sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda t: -t[1] / t[0])
total = 0
for w, v in things:
    if w <= c:
        c -= w
        total += v
print(total)
