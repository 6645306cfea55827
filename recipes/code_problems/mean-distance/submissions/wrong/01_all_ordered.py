# Counts the distance of a point to itself too.
n = int(input())
a = list(map(int, input().split()))
print(sum(abs(x - y) for x in a for y in a) / (n * n))
