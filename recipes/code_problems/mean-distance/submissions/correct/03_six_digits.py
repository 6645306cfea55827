from itertools import combinations

n = int(input())
d = [abs(x - y) for x, y in combinations(map(int, input().split()), 2)]
print(f"{sum(d) / len(d):.6f}")
