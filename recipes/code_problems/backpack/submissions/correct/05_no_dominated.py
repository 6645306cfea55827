n, c = map(int, input().split())
states = [(0, 0)]
for _ in range(n):
    w, v = map(int, input().split())
    merged = sorted(states + [(a + w, b + v) for a, b in states if a + w <= c], key=lambda s: (s[0], -s[1]))
    states, top = [], -1
    for a, b in merged:
        if b > top:
            states.append((a, b))
            top = b
print(states[-1][1])
