# Prints the last time at which the largest number is reached.
n = int(input())
count = [0] * 1001
for _ in range(n):
    s, e = map(int, input().split())
    for t in range(s, e):
        count[t] += 1
best = max(count)
print(best, max(t for t in range(1001) if count[t] == best))
