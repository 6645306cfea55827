n, t = map(int, input().split())
order = sorted((int(x), i) for i, x in enumerate(input().split(), 1))
lo, hi = 0, n - 1
while lo < hi and order[lo][0] + order[hi][0] != t:
    if order[lo][0] + order[hi][0] < t:
        lo += 1
    else:
        hi -= 1
print(*sorted((order[lo][1], order[hi][1]))) if lo < hi else print("none")
