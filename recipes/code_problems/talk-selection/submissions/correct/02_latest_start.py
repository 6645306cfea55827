n = int(input())
talks = [tuple(map(int, input().split())) for _ in range(n)]
talks.sort(reverse=True)
limit, heard = 10**9, 0
for s, e in talks:
    if e <= limit:
        limit = s
        heard += 1
print(heard)
