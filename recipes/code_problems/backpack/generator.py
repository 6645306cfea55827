import sys
from random import randint

from cyaron import IO

case = int(sys.argv[1])
if case == 1:
    c, things = 0, [(1, 5)]
elif case == 2:
    c, things = 5, [(5, 7)]
elif case == 3:
    c, things = 4, [(5, 7)]
elif case == 4:  # the best value for its weight is not taken
    c, things = 10, [(6, 13), (5, 10), (5, 10)]
elif case == 5:  # the dearest is not taken
    c, things = 10, [(10, 100), (5, 60), (5, 60)]
elif case == 6:  # a thing could pay more than once
    c, things = 9, [(3, 10), (9, 20)]
elif case == 7:
    c, things = 200, [(100, 1000)] * 18
elif case == 8:
    c, things = 200, [(1, 1)] * 18
elif case <= 25:
    c = randint(3, 25)
    things = [(randint(1, 10), randint(1, 20)) for _ in range(randint(3, 8))]
else:
    c = randint(50, 200)
    weights = [randint(5, 100) for _ in range(randint(10, 18))]
    things = [(w, max(1, min(1000, 10 * w + randint(-30, 30)))) for w in weights]
io = IO("case.in", disable_output=True)
io.input_writeln(len(things), c)
for thing in things:
    io.input_writeln(thing)
