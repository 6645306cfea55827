n, m = map(int, input().split())
near = {}
for _ in range(m):
    a, b = map(int, input().split())
    near.setdefault(a, set()).add(b)
    near.setdefault(b, set()).add(a)
total = 0
while near:
    person, friends = near.popitem()
    for f in friends:
        near[f].discard(person)
    total += sum(len(near[f] & friends) for f in friends) // 2
print(total)
