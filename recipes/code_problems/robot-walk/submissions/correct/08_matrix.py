n = int(input())
m = [[1, 0], [0, 1]]  # turns the robot's own right and ahead into east and north
p = [0, 0]
best = 0
for _ in range(n):
    c = input().split()
    if c[0] in "LR":
        s = 1 if c[0] == "L" else -1
        turn = [[0, -s], [s, 0]]
        m = [[sum(turn[i][k] * m[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
    else:
        k = int(c[1]) if c[0] == "F" else -int(c[1])
        p = [p[i] + m[i][1] * k for i in range(2)]
        best = max(best, abs(p[0]) + abs(p[1]))
print(p[0], p[1], best)
