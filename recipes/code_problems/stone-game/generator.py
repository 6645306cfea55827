import sys
from random import randint, sample, shuffle

case = int(sys.argv[1])
fixed = [
    (0, [1]),
    (1, [1]),
    (1, [2]),
    (300, [1]),
    (299, [1]),
    (10, [1, 2, 3]),
    (12, [1, 2, 3]),
    (7, [3, 4]),
    (50, [50]),
    (49, [50]),
    (20, [1, 4, 9, 16]),
]
fixed += [(0, [3, 5]), (14, [2, 7]), (9, [2, 7]), (6, [5, 2]), (300, [7, 11, 13])]
if case <= len(fixed):
    n, moves = fixed[case - 1]
elif case <= 34:
    n, moves = randint(2, 30), sample(range(1, 8), randint(2, 4))
else:
    n, moves = randint(60, 300), sample(range(1, 51), randint(2, 6))
shuffle(moves)
print(n, len(moves))
print(*moves)
