# Counts the talks that overlap some one talk, though they need not overlap each other.
n = int(input())
talks = sorted(tuple(map(int, input().split())) for _ in range(n))
best, at = 0, 0
for s, e in talks:
    k = sum(a < e and s < b for a, b in talks)
    if k > best:
        best, at = k, s
print(best, at)
