from heapq import nlargest

input()
print(nlargest(2, set(map(int, input().split())))[1])
