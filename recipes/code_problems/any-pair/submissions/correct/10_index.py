def find(a, t):
    for i, x in enumerate(a):
        try:
            return i + 1, a.index(t - x, i + 1) + 1
        except ValueError:
            pass
    return ("none",)


n, t = map(int, input().split())
print(*find(list(map(int, input().split())), t))
