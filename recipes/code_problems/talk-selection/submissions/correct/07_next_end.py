n = int(input())
talks = [tuple(map(int, input().split())) for _ in range(n)]
time, count = 0, 0
while True:
    possible = [e for s, e in talks if s >= time]
    if not possible:
        break
    time = min(possible)
    count += 1
print(count)
