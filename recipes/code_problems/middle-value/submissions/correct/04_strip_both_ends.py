n = int(input())
a = list(map(int, input().split()))
while len(a) > 2:
    a.remove(max(a))
    a.remove(min(a))
print(a[0])
