n, q = map(int, input().split())
turns = [(i + 1, int(t)) for i, t in enumerate(input().split())]
total = 0
for who, left in turns:  # the list grows while it is walked
    total += min(left, q)
    if left > q:
        turns.append((who, left - q))
    else:
        print(who, total)
