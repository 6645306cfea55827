input()
first = second = -1
for x in map(int, input().split()):
    if x > first:
        first, second = x, first
    elif second < x < first:
        second = x
print(second)
