def job(pages, q):
    while pages > q:
        yield q
        pages -= q
    yield pages


n, q = map(int, input().split())
sizes = [int(x) for x in input().split()]
active = [(i, job(size, q)) for i, size in enumerate(sizes, 1)]
given = [0] * (n + 1)
total = 0
while active:
    following = []
    for who, pieces in active:
        piece = next(pieces)
        total += piece
        given[who] += piece
        if given[who] == sizes[who - 1]:
            print(who, total)
        else:
            following.append((who, pieces))
    active = following
