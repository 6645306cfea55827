# Thinks that only multiples of the largest move plus one are lost.
n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
rest = n % (moves[-1] + 1)
print(f"first {rest}" if rest else "second")
