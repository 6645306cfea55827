n, m = map(int, input().split())
t = list(map(int, input().split()))
ahead = [0] * n  # bit set of the tasks that must come before
pairs = []
for _ in range(m):
    a, b = map(int, input().split())
    pairs.append((a - 1, b - 1))
    ahead[b - 1] |= 1 << a - 1
for k in range(n):
    for i in range(n):
        if ahead[i] >> k & 1:
            ahead[i] |= ahead[k]
if any(ahead[i] >> i & 1 for i in range(n)):
    print("never")
else:
    end = [0] * n
    for i in sorted(range(n), key=lambda i: bin(ahead[i]).count("1")):
        end[i] = t[i] + max((end[a] for a, b in pairs if b == i), default=0)
    print(max(end))
