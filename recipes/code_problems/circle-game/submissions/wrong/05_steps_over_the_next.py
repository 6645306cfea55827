# Moves on by one after a child has left, though the list has closed up already.
n, k = map(int, input().split())
circle, at = list(range(1, n + 1)), 0
while len(circle) > 1:
    at = (at + k - 1) % len(circle)
    circle.pop(at)
    at += 1
print(circle[0])
