from itertools import combinations
from statistics import fmean

input()
print(fmean(abs(x - y) for x, y in combinations(map(int, input().split()), 2)))
