x = y = far = 0
dx, dy = 0, 1
for _ in range(int(input())):
    word, *k = input().split()
    if word == "L":
        dx, dy = -dy, dx
    elif word == "R":
        dx, dy = dy, -dx
    else:
        steps = int(k[0]) if word == "F" else -int(k[0])
        x += dx * steps
        y += dy * steps
    far = max(far, abs(x) + abs(y))
print(x, y, far)
