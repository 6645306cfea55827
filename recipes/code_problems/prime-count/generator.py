import sys
from random import randint

case = int(sys.argv[1])
special = [
    (1, 1),
    (1, 2),
    (2, 2),
    (1, 4000),
    (24, 28),
    (2, 3),
    (3, 3),
    (4, 4),
    (113, 127),
    (114, 126),
    (49, 49),
    (3989, 4000),
    (1, 3),
    (9, 9),
]
special += [(120, 122), (1327, 1361), (2, 4000), (25, 25), (90, 101), (1330, 1368)]
if case <= len(special):
    a, b = special[case - 1]
elif case <= 32:
    a, b = sorted(randint(1, 150) for _ in range(2))
elif case <= 42:
    a = randint(1, 3900)
    b = a + randint(1, 100)
else:
    a, b = sorted(randint(1, 4000) for _ in range(2))
print(a, b)
