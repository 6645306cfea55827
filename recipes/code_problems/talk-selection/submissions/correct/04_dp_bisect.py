from bisect import bisect_right

n = int(input())
talks = sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda t: t[1])
ends = [e for _, e in talks]
best = [0]
for i, (s, _) in enumerate(talks):
    best.append(max(best[i], best[bisect_right(ends, s, 0, i)] + 1))
print(best[n])
