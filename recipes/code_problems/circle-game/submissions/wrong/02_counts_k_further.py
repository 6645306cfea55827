# Skips k children instead of k - 1.
n, k = map(int, input().split())
circle, at = list(range(1, n + 1)), 0
while len(circle) > 1:
    at = (at + k) % len(circle)
    circle.pop(at)
print(circle[0])
