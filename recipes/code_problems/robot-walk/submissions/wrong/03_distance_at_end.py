# Prints the distance at the end, not the largest one.
x = y = 0
dx, dy = 0, 1
for _ in range(int(input())):
    c = input().split()
    if c[0] == "L":
        dx, dy = -dy, dx
    elif c[0] == "R":
        dx, dy = dy, -dx
    else:
        k = int(c[1]) if c[0] == "F" else -int(c[1])
        x, y = x + dx * k, y + dy * k
print(x, y, abs(x) + abs(y))
