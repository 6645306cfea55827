n, t = map(int, input().split())
a = list(map(int, input().split()))
answer = "none"
for i in range(n):
    for j in range(i + 1, n):
        if a[i] + a[j] == t:
            answer = f"{i + 1} {j + 1}"
print(answer)
