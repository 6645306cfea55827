from bisect import bisect_left

input()
tails = []
for x in map(int, input().split()):
    at = bisect_left(tails, x)
    tails[at : at + 1] = [x]
print(len(tails))
