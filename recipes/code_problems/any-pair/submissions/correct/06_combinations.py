from itertools import combinations

n, t = map(int, input().split())
for (i, x), (j, y) in combinations(enumerate(map(int, input().split()), 1), 2):
    if x + y == t:
        print(i, j)
        break
else:
    print("none")
