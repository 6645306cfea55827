import sys

lines = sys.stdin.read().split("\n")
n = int(lines[0])
D = [(0, 1), (1, 0), (0, -1), (-1, 0)]
d = 0
x, y = 0, 0
distances = [0]
for line in lines[1 : n + 1]:
    part = line.split()
    if part[0] == "R":
        d = (d + 1) % 4
    elif part[0] == "L":
        d = (d + 3) % 4
    else:
        k = int(part[1])
        use = D[d] if part[0] == "F" else D[(d + 2) % 4]
        x, y = x + use[0] * k, y + use[1] * k
        distances.append(abs(x) + abs(y))
print(x, y, max(distances))
