# The robot keeps looking north; the start is carried around it instead.
n = int(input())
sx = sy = 0  # where the start is, as the robot sees it
quarter = 0
far = 0
for _ in range(n):
    c = input().split()
    if c[0] == "F":
        sy -= int(c[1])
    elif c[0] == "B":
        sy += int(c[1])
    elif c[0] == "L":
        sx, sy = sy, -sx
        quarter += 1
    else:
        sx, sy = -sy, sx
        quarter -= 1
    far = max(far, abs(sx) + abs(sy))
for _ in range(quarter % 4):
    sx, sy = -sy, sx
print(-sx, -sy, far)
