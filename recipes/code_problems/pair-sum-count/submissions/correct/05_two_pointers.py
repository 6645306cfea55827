n, t = map(int, input().split())
a = sorted(map(int, input().split()))
lo, hi, answer = 0, n - 1, 0
while lo < hi:
    s = a[lo] + a[hi]
    if s < t:
        lo += 1
    elif s > t:
        hi -= 1
    elif a[lo] == a[hi]:
        k = hi - lo + 1
        answer += k * (k - 1) // 2
        break
    else:
        left = right = 1
        while a[lo + left] == a[lo]:
            left += 1
        while a[hi - right] == a[hi]:
            right += 1
        answer += left * right
        lo += left
        hi -= right
print(answer)
