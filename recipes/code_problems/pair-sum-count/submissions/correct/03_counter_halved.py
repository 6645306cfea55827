from collections import Counter

n, t = map(int, input().split())
counts = Counter(map(int, input().split()))
ordered = sum(counts[v] * counts[t - v] for v in list(counts))
if t % 2 == 0:
    ordered -= counts[t // 2]  # a position is no partner of itself
print(ordered // 2)
