n = int(input())
talks = [tuple(map(int, input().split())) for _ in range(n)]
cuts = sorted({t for talk in talks for t in talk})
best, first = 0, 0
for left, right in zip(cuts, cuts[1:]):
    covering = len([1 for s, e in talks if s <= left and right <= e])
    if covering > best:
        best, first = covering, left
print(best, first)
