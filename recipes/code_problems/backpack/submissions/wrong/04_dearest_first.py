# Takes the most valuable things first.
n, c = map(int, input().split())
total = 0
for v, w in sorted((tuple(map(int, input().split()))[::-1] for _ in range(n)), reverse=True):
    if w <= c:
        c -= w
        total += v
print(total)
