import sys

from cyaron import IO, randint

case = int(sys.argv[1])
if case == 1:
    talks = [(3, 4)]
elif case == 2:
    talks = [(i, i + 1) for i in range(100)]
elif case == 3:  # one long talk that begins first
    talks = [(0, 1000)] + [(i, i + 2) for i in range(1, 60, 2)]
elif case == 4:  # the shortest talk overlaps two others
    talks = [(0, 10), (9, 12), (11, 20)]
elif case == 5:  # the one with the fewest overlaps is a trap
    talks = [(0, 3), (3, 6), (6, 9), (9, 12), (5, 7), (2, 4), (2, 4), (2, 4), (8, 10), (8, 10), (8, 10)]
elif case in (8, 9, 10):  # the same trap, wider and later
    k = case - 5
    trap = [(0, 3), (3, 6), (6, 9), (9, 12), (5, 7), (2, 4), (2, 4), (2, 4), (8, 10), (8, 10), (8, 10)]
    talks = [(k * s + case, k * e + case) for s, e in trap]
elif case == 6:
    talks = [(5, 9)] * 40
elif case == 7:
    talks = [(0, 5), (5, 10), (5, 6), (6, 10), (10, 11)]
elif case <= 26:
    talks = []
    for _ in range(randint(2, 9)):
        s = randint(0, 12)
        talks.append((s, s + randint(1, 6)))
elif case <= 40:
    talks = []
    for _ in range(randint(30, 100)):
        s = randint(0, 960)
        talks.append((s, s + randint(1, 40)))
else:
    talks = []
    for _ in range(randint(40, 100)):
        s = randint(0, 700)
        talks.append((s, s + randint(1, 300)))
io = IO("case.in", disable_output=True)
io.input_writeln(len(talks))
for talk in talks:
    io.input_writeln(talk)
