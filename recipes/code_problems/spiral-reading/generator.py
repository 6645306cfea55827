import sys

from cyaron import IO, Vector, randint

case = int(sys.argv[1])
sizes = [
    (1, 1),
    (1, 8),
    (8, 1),
    (2, 2),
    (3, 3),
    (2, 7),
    (7, 2),
    (3, 5),
    (5, 3),
    (15, 15),
    (1, 15),
    (15, 1),
    (14, 15),
    (4, 4),
    (3, 8),
    (2, 1),
    (1, 2),
]
r, c = sizes[case - 1] if case <= len(sizes) else (randint(1, 15), randint(1, 15))
cells = [value - 99 for (value,) in Vector.random_repeatable_vector(r * c, [198])]
if case % 6 == 0:  # all different, so that every wrong place shows
    cells = list(range(-99, -99 + r * c)) if r * c < 199 else cells
io = IO("case.in", disable_output=True)
io.input_writeln(r, c)
for row in range(r):
    io.input_writeln(cells[row * c : row * c + c])
