n, m = map(int, input().split())
t = list(map(int, input().split()))
NONE = -1
# far[i][j]: most hours of tasks from i on before j can begin
far = [[NONE] * n for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    far[a - 1][b - 1] = t[a - 1]
for k in range(n):
    for i in range(n):
        if far[i][k] != NONE:
            for j in range(n):
                if far[k][j] != NONE and far[i][k] + far[k][j] > far[i][j]:
                    far[i][j] = far[i][k] + far[k][j]
    if far[k][k] != NONE:
        break
if any(far[i][i] != NONE for i in range(n)):
    print("never")
else:
    print(max(max(far[i][j] for i in range(n)) + t[j] if any(far[i][j] != NONE for i in range(n)) else t[j] for j in range(n)))
