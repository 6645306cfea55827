# Lets equal numbers follow each other.
from bisect import bisect_right

input()
tails = []
for x in map(int, input().split()):
    at = bisect_right(tails, x)
    tails[at : at + 1] = [x]
print(len(tails))
