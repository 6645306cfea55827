from math import floor

n = int(input())
print(floor(sum(map(int, input().split())) / n + 0.5))
