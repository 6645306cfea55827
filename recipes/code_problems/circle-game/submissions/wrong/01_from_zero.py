# Numbers the children from 0.
n, k = map(int, input().split())
safe = 0
for size in range(2, n + 1):
    safe = (safe + k) % size
print(safe)
