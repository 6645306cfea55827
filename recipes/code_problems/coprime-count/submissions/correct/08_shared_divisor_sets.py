a, b, n = map(int, input().split())
of_n = {d for d in range(2, 3001) if n % d == 0}
answer = 0
for x in range(a, b + 1):
    answer += not any(x % d == 0 for d in of_n)
print(answer)
