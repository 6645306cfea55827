def multiply(p, q, top):
    r = [0] * (top + 1)
    for i, a in enumerate(p):
        if a:
            for j, b in enumerate(q[: top + 1 - i]):
                if b:
                    r[i + j] += a * b
    return r


k, s = map(int, input().split())
product = [1] + [0] * s
for coin in map(int, input().split()):
    product = multiply(product, [int(i % coin == 0) for i in range(s + 1)], s)
print(product[s])
