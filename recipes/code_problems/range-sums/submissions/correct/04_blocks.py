n, q = map(int, input().split())
a = list(map(int, input().split()))
B = 14
blocks = [sum(a[i : i + B]) for i in range(0, n, B)]
for _ in range(q):
    kind, x, y = input().split()
    x, y = int(x), int(y)
    if kind == "C":
        blocks[(x - 1) // B] += y - a[x - 1]
        a[x - 1] = y
    else:
        i, total = x - 1, 0
        while i < y:
            if i % B == 0 and i + B <= y:
                total += blocks[i // B]
                i += B
            else:
                total += a[i]
                i += 1
        print(total)
