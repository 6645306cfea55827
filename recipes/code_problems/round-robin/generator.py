import sys

from cyaron import IO, Vector, choice, randint

case = int(sys.argv[1])
if case == 1:
    q, pages = 1, [1]
elif case == 2:
    q, pages = 50, [50, 100, 51, 49, 1]
elif case == 3:
    q, pages = 1, [3, 3, 3]
elif case == 4:
    q, pages = 5, [10, 5, 10, 5]
elif case == 5:
    q, pages = 50, [200] * 60
elif case == 6:
    q, pages = 1, [200, 1]
else:
    n = randint(2, 6) if case <= 24 else randint(20, 60)
    most = 12 if case <= 24 else 200
    q = randint(1, 5) if case <= 24 else randint(1, 50)
    pages = [value for (value,) in Vector.random_repeatable_vector(n, [(1, most)])]
    if case % 3 == 0:  # exact multiples: done at the end of a full turn
        pages = [min(most // q, choice([1, 1, 2, 3])) * q or 1 for _ in pages] if q <= most else pages
io = IO("case.in", disable_output=True)
io.input_writeln(len(pages), q)
io.input_writeln(pages)
