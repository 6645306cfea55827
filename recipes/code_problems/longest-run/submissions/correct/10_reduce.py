from functools import reduce


def step(state, c):
    best, last = state
    last = (c, last[1] + 1) if last[0] == c else (c, 1)
    return (last if last[1] > best[1] else best), last


(letter, length), _ = reduce(step, input().strip(), (("", 0), ("", 0)))
print(letter, length)
