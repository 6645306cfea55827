n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
mask = 0  # bit m - 1 for an allowed move m
for m in moves:
    mask |= 1 << m - 1
lost = 1  # bit 0: the last heap size looked at, bit 1 the one before, ...: set where the player to move loses
for _ in range(n - 1):
    lost = (lost << 1 | (not lost & mask)) & (1 << 60) - 1
hits = lost & mask if n else 0
print(f"first {(hits & -hits).bit_length()}" if hits else "second")
