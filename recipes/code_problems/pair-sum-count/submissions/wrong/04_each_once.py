# Uses every number in at most one pair.
n, t = map(int, input().split())
a = sorted(map(int, input().split()))
lo, hi, found = 0, n - 1, 0
while lo < hi:
    s = a[lo] + a[hi]
    if s == t:
        found += 1
        lo += 1
        hi -= 1
    elif s < t:
        lo += 1
    else:
        hi -= 1
print(found)
