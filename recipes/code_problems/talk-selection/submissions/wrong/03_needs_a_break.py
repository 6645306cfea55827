# Wants time between two talks.
n = int(input())
free, count = -1, 0
for s, e in sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda t: t[1]):
    if s > free:
        count += 1
        free = e
print(count)
