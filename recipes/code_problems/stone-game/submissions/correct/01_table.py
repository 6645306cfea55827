n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
win = [False] * (n + 1)
for stones in range(1, n + 1):
    win[stones] = any(m <= stones and not win[stones - m] for m in moves)
for m in moves:
    if m <= n and not win[n - m]:
        print("first", m)
        break
else:
    print("second")
