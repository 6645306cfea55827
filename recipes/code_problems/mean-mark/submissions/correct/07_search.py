n = int(input())
s = sum(map(int, input().split()))
mark = 1
while 2 * s >= (2 * mark + 1) * n:
    mark += 1
print(mark)
