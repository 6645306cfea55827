input()
a = sorted(map(int, input().split()), reverse=True)
i = 0
while a[i] == a[0]:
    i += 1
print(a[i])
