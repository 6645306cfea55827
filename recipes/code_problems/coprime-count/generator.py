import sys
from random import choice, randint

case = int(sys.argv[1])
special = {
    1: (1, 1, 1),
    2: (1, 3000, 1),
    3: (2, 2, 2),
    4: (1, 3000, 510510),
    5: (1, 3000, 999983),
    6: (2999, 3000, 2999),
    7: (7, 7, 49),
    8: (1, 1, 30),
    9: (1, 997, 997),
    10: (997, 1994, 997),
    11: (8, 64, 1024),
}
if case in special:
    print(*special[case])
else:
    if case <= 30:
        a, b = sorted(randint(1, 60) for _ in range(2))
        n = randint(1, 100)
    else:
        a, b = sorted(randint(1, 3000) for _ in range(2))
        n = 1
        while n < 2000:
            n *= choice([2, 2, 3, 4, 5, 7, 9, 11, 13])
    print(a, b, n)
