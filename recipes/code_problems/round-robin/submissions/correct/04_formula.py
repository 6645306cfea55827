# Person i goes home in round r = ceil(t_i / q): who is in front has had r turns, who is behind r - 1.
n, q = map(int, input().split())
t = list(map(int, input().split()))
ends = []
for i, pages in enumerate(t):
    r = -(-pages // q)
    before = sum(min(x, r * q) for x in t[:i])
    behind = sum(min(x, (r - 1) * q) for x in t[i + 1 :])
    ends.append((r, i + 1, before + behind + pages))
for _, who, total in sorted(ends):
    print(who, total)
