input()
a = set(map(int, input().split()))
print(next(x for x in a if sum(y > x for y in a) == 1))
