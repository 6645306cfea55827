import sys

n, _, *moves = map(int, sys.stdin.read().split())
moves.sort()
history = ""
for s in range(n + 1):
    history += "W" if "L" in [history[s - m] for m in moves if s >= m] else "L"
if history[-1] == "L":
    print("second")
else:
    print("first", [m for m in moves if n >= m and history[n - m] == "L"][0])
