n, t = map(int, input().split())
a = [int(x) for x in input().split()]
for gap in range(n - 1, 0, -1):
    hits = [i for i in range(n - gap) if a[i] + a[i + gap] == t]
    if hits:
        print(hits[0] + 1, hits[0] + gap + 1)
        break
else:
    print("none")
