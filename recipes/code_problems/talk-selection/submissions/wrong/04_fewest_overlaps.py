# Takes the talk that overlaps the fewest others.
n = int(input())
talks = [tuple(map(int, input().split())) for _ in range(n)]
chosen = []
for s, e in sorted(talks, key=lambda t: sum(t[0] < e and s < t[1] for s, e in talks)):
    if all(e <= a or b <= s for a, b in chosen):
        chosen.append((s, e))
print(len(chosen))
