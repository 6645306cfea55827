# Compares each talk with the end of the one before it only.
n = int(input())
talks = sorted(tuple(map(int, input().split())) for _ in range(n))
run, best, at = 1, 1, talks[0][0]
for (_, e), (s, _) in zip(talks, talks[1:]):
    run = run + 1 if s < e else 1
    if run > best:
        best, at = run, s
print(best, at)
