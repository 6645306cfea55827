INF = float("inf")
n = int(input())
end = [-INF] + [INF] * n  # smallest last element of a choice of that many
for x in map(int, input().split()):
    for length in range(n, 0, -1):
        if end[length - 1] < x < end[length]:
            end[length] = x
print(max(k for k in range(n + 1) if end[k] < INF))
