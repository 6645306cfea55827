n = int(input())
minutes = [0] * 1000
for _ in range(n):
    s, e = map(int, input().split())
    for t in range(s, e):
        minutes[t] += 1
most = max(minutes)
print(most, minutes.index(most))
