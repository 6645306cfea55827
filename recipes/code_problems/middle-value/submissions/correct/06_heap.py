import heapq

n = int(input())
heap = [int(x) for x in input().split()]
heapq.heapify(heap)
for _ in range(n // 2):
    heapq.heappop(heap)
print(heap[0])
