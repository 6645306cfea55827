n = int(input())
a = list(map(int, input().split()))
print(*(x for x in a if sum(y < x for y in a) == sum(y > x for y in a)))
