n, m = map(int, input().split())
A = [[0] * n for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    A[a - 1][b - 1] = A[b - 1][a - 1] = 1
B = [[sum(x * y for x, y in zip(row, col)) for col in A] for row in A]  # A is symmetric
print(sum(B[i][j] * A[j][i] for i in range(n) for j in range(n)) // 6)
