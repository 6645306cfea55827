import sys
from collections import Counter
from itertools import accumulate

rows = [line.split() for line in sys.stdin.read().splitlines()[1:]]
delta = Counter()
for row in rows:
    delta[int(row[0])] += 1
    delta[int(row[1])] -= 1
times = sorted(delta)
levels = list(accumulate(delta[t] for t in times))
k = levels.index(max(levels))
print(levels[k], times[k])
