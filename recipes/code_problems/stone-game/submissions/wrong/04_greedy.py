# Lets both players take as much as they can.
n, k = map(int, input().split())
moves = sorted(map(int, input().split()), reverse=True)
first, turns = None, 0
while True:
    m = next((m for m in moves if m <= n), None)
    if m is None:
        break
    first = first or m
    n -= m
    turns += 1
print(f"first {first}" if turns % 2 else "second")
