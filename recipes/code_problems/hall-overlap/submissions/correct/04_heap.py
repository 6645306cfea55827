import heapq

n = int(input())
talks = sorted(tuple(map(int, input().split())) for _ in range(n))
ends, best = [], (0, 0)
for s, e in talks:
    while ends and ends[0] <= s:
        heapq.heappop(ends)
    heapq.heappush(ends, e)
    if len(ends) > best[0]:
        best = (len(ends), s)
print(*best)
