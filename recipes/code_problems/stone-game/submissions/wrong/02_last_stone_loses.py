# Plays the game in which who cannot move wins.
n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
win = [True] * (n + 1)
for s in range(1, n + 1):
    options = [m for m in moves if m <= s]
    win[s] = not options or any(not win[s - m] for m in options)
good = [m for m in moves if m <= n and not win[n - m]]
print(f"first {good[0]}" if good else "second")
