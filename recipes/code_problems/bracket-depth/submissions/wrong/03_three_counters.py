# One counter for each kind: pairs may cross.
counts, best, sound = [0, 0, 0], 0, True
for c in input().strip():
    at = "([{)]}".index(c)
    counts[at % 3] += 1 if at < 3 else -1
    sound = sound and min(counts) >= 0
    best = max(best, sum(counts))
print(best if sound and not any(counts) else -1)
