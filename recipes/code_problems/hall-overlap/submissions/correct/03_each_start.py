n = int(input())
talks = [tuple(map(int, input().split())) for _ in range(n)]
count, time = max((sum(s <= t < e for s, e in talks), -t) for t, _ in talks)
print(count, -time)
