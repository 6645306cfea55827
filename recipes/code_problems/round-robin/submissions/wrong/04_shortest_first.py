# Sorts the people by their pages.
n, q = map(int, input().split())
total = 0
for pages, who in sorted((t, i) for i, t in enumerate(map(int, input().split()), 1)):
    total += pages
    print(who, total)
