# Starts from the first talk of the list, whatever it is.
n = int(input())
talks = [tuple(map(int, input().split())) for _ in range(n)]
count, free = 1, talks[0][1]
for s, e in sorted(talks[1:], key=lambda t: t[1]):
    if s >= free:
        count += 1
        free = e
print(count)
