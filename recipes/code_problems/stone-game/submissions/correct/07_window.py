from collections import deque

n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
window = deque([True] * 50, maxlen=50)  # window[-m]: does the player to move win with m stones fewer? (below 0: no move)
winning_move = 0
for _ in range(n + 1):
    winning_move = next((m for m in moves if not window[-m]), 0)
    window.append(bool(winning_move))
print(f"first {winning_move}" if winning_move else "second")
