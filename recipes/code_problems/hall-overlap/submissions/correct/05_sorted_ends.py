n = int(input())
starts, ends = zip(*(map(int, input().split()) for _ in range(n)))
starts, ends = sorted(starts), sorted(ends)
j = 0
answer, moment = 0, None
for i, s in enumerate(starts):
    while ends[j] <= s:
        j += 1
    if i + 1 - j > answer:
        answer, moment = i + 1 - j, s
print(answer, moment)
