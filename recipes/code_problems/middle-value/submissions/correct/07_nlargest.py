from heapq import nlargest

n = int(input())
print(nlargest((n + 1) // 2, map(int, input().split()))[-1])
