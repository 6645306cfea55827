from itertools import groupby

input()
values = [key for key, _ in groupby(sorted(map(int, input().split())))]
print(values[-2])
