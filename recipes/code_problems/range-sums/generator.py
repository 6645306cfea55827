import sys
from random import random

from cyaron import IO, Vector, randint

case = int(sys.argv[1])
io = IO("case.in", disable_output=True)
if case == 1:
    numbers, orders = [5], [("S", 1, 1)]
elif case == 2:
    numbers, orders = [5], [("C", 1, -3), ("S", 1, 1), ("C", 1, 0), ("S", 1, 1)]
elif case == 3:  # the same place changed twice
    numbers, orders = [1, 2, 3], [("C", 2, 9), ("C", 2, 4), ("S", 1, 3), ("S", 2, 2)]
elif case == 4:
    numbers, orders = [-1000] * 200, [("S", 1, 200), ("S", 200, 200), ("S", 1, 1)]
elif case == 5:  # a change to the same value
    numbers, orders = [4, 4, 4], [("C", 3, 4), ("S", 1, 3), ("S", 3, 3)]
else:
    n = randint(1, 8) if case <= 20 else randint(50, 200)
    q = randint(4, 12) if case <= 20 else randint(60, 120 if case < 40 else 200)
    numbers = [value for (value,) in Vector.random_repeatable_vector(n, [(-1000, 1000)])]
    share = (0.2, 0.5, 0.8)[case % 3]
    orders = []
    for _ in range(q - 1):
        if random() < share:
            orders.append(("C", randint(1, n), randint(-1000, 1000)))
        else:
            left, right = sorted((randint(1, n), randint(1, n)))
            orders.append(("S", left, right))
    orders.append(("S", 1, n))
io.input_writeln(len(numbers), len(orders))
io.input_writeln(numbers)
for order in orders:
    io.input_writeln(order)
