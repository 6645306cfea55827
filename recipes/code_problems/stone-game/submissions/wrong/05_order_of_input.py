# Takes the moves in the order they are given, not from the smallest.
n, k = map(int, input().split())
moves = list(map(int, input().split()))
win = [False] * (n + 1)
for s in range(1, n + 1):
    win[s] = any(m <= s and not win[s - m] for m in moves)
good = [m for m in moves if m <= n and not win[n - m]]
print(f"first {good[0]}" if good else "second")
