def common(x, y):
    while y:
        x, y = y, x % y
    return x


a, b, n = map(int, input().split())
count = 0
x = a
while x <= b:
    if common(n, x) == 1:
        count += 1
    x += 1
print(count)
