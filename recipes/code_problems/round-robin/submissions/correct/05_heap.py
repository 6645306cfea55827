import heapq
import sys

data = list(map(int, sys.stdin.read().split()))
n, q, pages = data[0], data[1], data[2:]
heap = [(i, i, pages[i]) for i in range(n)]
ticket, total, out = n, 0, []
while heap:
    _, who, left = heapq.heappop(heap)
    if left <= q:
        total += left
        out.append(f"{who + 1} {total}")
    else:
        total += q
        heapq.heappush(heap, (ticket, who, left - q))
        ticket += 1
print("\n".join(out))
