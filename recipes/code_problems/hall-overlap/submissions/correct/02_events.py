import sys

data = list(map(int, sys.stdin.read().split()))[1:]
events = sorted([(s, 1) for s in data[::2]] + [(e, -1) for e in data[1::2]])  # ends sort before starts of the same time
running, top, at = 0, 0, 0
for time, step in events:
    running += step
    if running > top:
        top, at = running, time
print(top, at)
