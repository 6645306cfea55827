import sys

data = list(map(int, sys.stdin.read().split()))
begin = [-1] * 1001  # latest start of a talk that ends at this time
for s, e in zip(data[1::2], data[2::2]):
    begin[e] = max(begin[e], s)
most = [0] * 1001
for t in range(1, 1001):
    most[t] = most[t - 1]
    if begin[t] >= 0:
        most[t] = max(most[t], most[begin[t]] + 1)
print(most[1000])
