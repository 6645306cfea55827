# Turns round before it goes back, and stays turned.
x = y = far = 0
dx, dy = 0, 1
for _ in range(int(input())):
    c = input().split()
    if c[0] == "L":
        dx, dy = -dy, dx
    elif c[0] == "R":
        dx, dy = dy, -dx
    else:
        if c[0] == "B":
            dx, dy = -dx, -dy
        x, y = x + dx * int(c[1]), y + dy * int(c[1])
        far = max(far, abs(x) + abs(y))
print(x, y, far)
