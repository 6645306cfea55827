# Takes the shortest talk that still fits.
n = int(input())
chosen = []
for s, e in sorted((tuple(map(int, input().split())) for _ in range(n)), key=lambda t: t[1] - t[0]):
    if all(e <= a or b <= s for a, b in chosen):
        chosen.append((s, e))
print(len(chosen))
