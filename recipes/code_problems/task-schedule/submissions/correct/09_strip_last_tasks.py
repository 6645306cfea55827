n, m = map(int, input().split())
t = [0, *map(int, input().split())]
pairs = {tuple(map(int, input().split())) for _ in range(m)}
alive = set(range(1, n + 1))
rest = dict.fromkeys(alive, 0)  # hours that follow after i
while alive:
    last = alive - {a for a, b in pairs}
    if not last:
        break
    for a, b in pairs:
        if b in last:
            rest[a] = max(rest[a], rest[b] + t[b])
    pairs = {(a, b) for a, b in pairs if b not in last}
    alive -= last
print("never" if alive else max(rest[i] + t[i] for i in rest))
