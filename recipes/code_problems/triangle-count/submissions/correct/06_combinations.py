from itertools import combinations

n, m = map(int, input().split())
known = {frozenset(map(int, input().split())) for _ in range(m)}
print(sum(all(frozenset(p) in known for p in combinations(t, 2)) for t in combinations(range(1, n + 1), 3)))
