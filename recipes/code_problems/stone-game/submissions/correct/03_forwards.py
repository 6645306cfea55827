n, k = map(int, input().split())
moves = list(map(int, input().split()))
losing = []
winning = set()
for s in range(n + 1):
    if s not in winning:
        losing.append(s)
        winning.update(s + m for m in moves)
lost = set(losing)
answers = [m for m in moves if n - m in lost]
print("second" if n in lost else f"first {min(answers)}")
