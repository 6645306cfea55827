# Lets a talk still go on at the time it ends.
n = int(input())
count = [0] * 1002
for _ in range(n):
    s, e = map(int, input().split())
    for t in range(s, e + 1):
        count[t] += 1
print(max(count), count.index(max(count)))
