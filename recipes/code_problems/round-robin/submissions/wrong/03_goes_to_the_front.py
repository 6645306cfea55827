# Who has pages left stays at the front.
n, q = map(int, input().split())
total = 0
for who, pages in enumerate(map(int, input().split()), 1):
    total += pages
    print(who, total)
