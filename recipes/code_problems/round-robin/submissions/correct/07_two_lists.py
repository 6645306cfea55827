n, q = map(int, input().split())
people = list(range(n))
pages = list(map(int, input().split()))
done = 0
while people:
    staying = []
    for p in people:
        if pages[p] <= q:
            done += pages[p]
            print(p + 1, done)
        else:
            done += q
            pages[p] -= q
            staying.append(p)
    people = staying
