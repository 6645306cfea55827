from itertools import groupby

runs = [(key, len(list(group))) for key, group in groupby(input().strip())]
letter, length = max(runs, key=lambda run: run[1])
print(letter, length)
