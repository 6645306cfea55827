import heapq

n, m = map(int, input().split())
into = [[] for _ in range(n + 1)]
for _ in range(m):
    u, v, c = map(int, input().split())
    into[v].append((c, u))
seen = set()
heap = [(0, n)]
answer = -1
while heap:
    cost, town = heapq.heappop(heap)
    if town == 1:
        answer = cost
        break
    if town in seen:
        continue
    seen.add(town)
    for c, u in into[town]:
        heapq.heappush(heap, (cost + c, u))
print(answer)
