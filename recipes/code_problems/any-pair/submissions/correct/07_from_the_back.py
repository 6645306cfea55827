n, t = map(int, input().split())
a = [int(x) for x in input().split()]
for j in range(n - 1, 0, -1):
    if t - a[j] in a[:j]:
        print(a.index(t - a[j]) + 1, j + 1)
        break
else:
    print("none")
