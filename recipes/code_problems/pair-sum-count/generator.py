import sys
from random import choice, randint

from cyaron import IO, Vector

case = int(sys.argv[1])
if case == 1:
    numbers, target = [3], 6
elif case == 2:
    numbers, target = [4, 4], 8
elif case == 3:
    numbers, target = [0] * 200, 0
elif case == 4:
    numbers, target = [-1000, 1000, -1000, 1000, 0, 0], 0
elif case <= 15:  # few values: equal halves and repeated partners
    numbers = [randint(-2, 2) for _ in range(randint(2, 12))]
    target = randint(-4, 4)
elif case <= 30:
    numbers = [randint(-20, 20) for _ in range(randint(20, 120))]
    target = choice(numbers) + choice(numbers)
else:
    flat = Vector.random_repeatable_vector(randint(100, 200), [2000])
    numbers = [value - 1000 for (value,) in flat]
    target = 2 * numbers[0] if case % 2 else numbers[0] + numbers[-1]
io = IO("case.in", disable_output=True)
io.input_writeln(len(numbers), target)
io.input_writeln(numbers)
