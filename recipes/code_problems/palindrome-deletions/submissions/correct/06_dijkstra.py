import heapq

s = input().strip()
queue, done = [(0, 0, len(s) - 1)], set()
while queue:
    cost, i, j = heapq.heappop(queue)
    if i >= j:
        print(cost)
        break
    if (i, j) in done:
        continue
    done.add((i, j))
    if s[i] == s[j]:
        heapq.heappush(queue, (cost, i + 1, j - 1))
    else:
        heapq.heappush(queue, (cost + 1, i + 1, j))
        heapq.heappush(queue, (cost + 1, i, j - 1))
