n = int(input())
talks = sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda t: t[1])
free = count = 0
for s, e in talks:
    if s >= free:
        count += 1
        free = e
print(count)
