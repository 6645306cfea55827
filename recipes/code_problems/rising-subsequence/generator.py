import sys
from random import randint, shuffle

from cyaron import IO, Sequence

case = int(sys.argv[1])
if case == 1:
    a = [5]
elif case == 2:
    a = [2, 2]
elif case == 3:
    a = [7] * 150
elif case == 4:
    a = Sequence(lambda i, f: f(i - 1) + 7, [-500]).get(0, 149)
elif case == 5:
    a = list(range(150, 0, -1))
elif case == 6:  # the long choice starts after a large number
    a = [100, 1, 2, 3, 50, 4, 5, 6]
elif case == 7:
    a = [-1000000, 1000000, -1000000, 1000000]
elif case <= 20:
    a = [randint(-5, 5) for _ in range(randint(3, 12))]
elif case <= 32:
    a = [randint(1, 40) for _ in range(randint(20, 80))]
elif case <= 42:
    a = list(range(randint(60, 150)))
    shuffle(a)
else:
    a = [i * 10 + randint(-60, 60) for i in range(randint(80, 150))]
io = IO("case.in", disable_output=True)
io.input_writeln(len(a))
io.input_writeln(a)
