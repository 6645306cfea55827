from bisect import bisect_right


def sums(things):
    out = [(0, 0)]
    for w, v in things:
        out += [(a + w, b + v) for a, b in out]
    return sorted(out)


n, c = map(int, input().split())
things = [tuple(map(int, input().split())) for _ in range(n)]
left, right = sums(things[: n // 2]), sums(things[n // 2 :])
weights = [a for a, _ in right]
most, high = [], 0
for _, b in right:
    high = max(high, b)
    most.append(high)
print(max(b + most[bisect_right(weights, c - a) - 1] for a, b in left if a <= c))
