import sys

from cyaron import IO, randint

case = int(sys.argv[1])
special = {1: (1, 1), 2: (1, 1000), 3: (2, 1), 4: (2, 2), 5: (400, 1), 6: (400, 1000), 7: (400, 2), 8: (7, 7), 9: (3, 1000), 10: (64, 2)}
if case in special:
    n, k = special[case]
elif case <= 25:
    n, k = randint(2, 15), randint(1, 20)
else:
    n, k = randint(30, 400), randint(1, 1000)
IO("case.in", disable_output=True).input_writeln(n, k)
