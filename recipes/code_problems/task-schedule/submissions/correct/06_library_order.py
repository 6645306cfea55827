from graphlib import CycleError, TopologicalSorter

n, m = map(int, input().split())
t = [int(x) for x in input().split()]
graph = {i: set() for i in range(n)}
for _ in range(m):
    a, b = map(int, input().split())
    graph[b - 1].add(a - 1)
try:
    finish = {}
    for i in TopologicalSorter(graph).static_order():
        finish[i] = t[i] + max((finish[a] for a in graph[i]), default=0)
    print(max(finish.values()))
except CycleError:
    print("never")
