# Turns the wrong way.
x = y = far = 0
dx, dy = 0, 1
for _ in range(int(input())):
    c = input().split()
    if c[0] == "R":
        dx, dy = -dy, dx
    elif c[0] == "L":
        dx, dy = dy, -dx
    else:
        k = int(c[1]) if c[0] == "F" else -int(c[1])
        x, y = x + dx * k, y + dy * k
        far = max(far, abs(x) + abs(y))
print(x, y, far)
