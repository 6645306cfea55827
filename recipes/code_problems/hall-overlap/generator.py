import sys
from random import randint

case = int(sys.argv[1])
talks = []
if case == 1:
    talks = [(0, 1)]
elif case == 2:  # back to back: never two at a time
    talks = [(i, i + 1) for i in range(50)]
elif case == 3:
    talks = [(5, 9)] * 30
elif case == 4:  # nested, and the fullest moment is a start in the middle
    talks = [(i, 100 - i) for i in range(40)]
elif case == 5:  # one ends where two others begin
    talks = [(0, 10), (10, 20), (10, 12), (3, 10)]
elif case == 6:
    talks = [(0, 1000), (999, 1000), (0, 1)]
elif case <= 25:
    for _ in range(randint(2, 8)):
        s = randint(0, 9)
        talks.append((s, randint(s + 1, s + 4)))
elif case <= 38:
    for _ in range(randint(20, 150)):
        s = randint(0, 990)
        talks.append((s, min(1000, s + randint(1, 60))))
else:
    for _ in range(randint(60, 150)):
        s, e = sorted((randint(0, 500), randint(501, 1000)))
        talks.append((s, e))
print(len(talks))
for s, e in talks:
    print(s, e)
