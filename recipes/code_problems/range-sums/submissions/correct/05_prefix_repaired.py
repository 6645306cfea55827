n, q = map(int, input().split())
prefix = [0]
for word in input().split():
    prefix.append(prefix[-1] + int(word))
for _ in range(q):
    kind, x, y = input().split()
    x, y = int(x), int(y)
    if kind == "S":
        print(prefix[y] - prefix[x - 1])
    else:
        delta = y - (prefix[x] - prefix[x - 1])
        for i in range(x, n + 1):
            prefix[i] += delta
