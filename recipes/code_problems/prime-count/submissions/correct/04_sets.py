a, b = map(int, input().split())
composite = {k * d for d in range(2, 64) for k in range(d, b // d + 1)}
ps = sorted(set(range(max(2, a), b + 1)) - composite)
print(len(ps), max([y - x for x, y in zip(ps, ps[1:])] + [0]))
