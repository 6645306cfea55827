# Counts brackets without looking at their kind.
level = best = 0
sound = True
for c in input().strip():
    level += 1 if c in "([{" else -1
    sound = sound and level >= 0
    best = max(best, level)
print(best if sound and level == 0 else -1)
