# Between equal runs takes the letter that comes first in the alphabet.
from itertools import groupby

runs = [(-len(list(group)), key) for key, group in groupby(input().strip())]
length, letter = min(runs)
print(letter, -length)
