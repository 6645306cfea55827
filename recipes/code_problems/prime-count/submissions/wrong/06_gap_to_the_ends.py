# Counts the way from a to the first prime as a gap too.
a, b = map(int, input().split())
p = [x for x in range(max(a, 2), b + 1) if all(x % d for d in range(2, int(x**0.5) + 1))]
gaps = [y - x for x, y in zip([a, *p], p)] if len(p) > 1 else [0]
print(len(p), max(gaps))
