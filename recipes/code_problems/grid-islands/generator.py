import sys
from random import randint, random

case = int(sys.argv[1])
if case == 1:
    rows = ["."]
elif case == 2:
    rows = ["#"]
elif case == 3:
    rows = ["#" * 20] * 20
elif case == 4:
    rows = ["." * 20] * 20
elif case == 5:  # touches by corners only
    rows = ["".join("#" if (x + y) % 2 else "." for x in range(11)) for y in range(11)]
elif case == 6:  # a spiral: one long island
    rows = ["#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######"]
elif case == 7:  # joined at the bottom only
    rows = ["#.#.#", "#.#.#", "#####"]
elif case == 8:
    rows = [".#" * 10]
elif case == 9:
    rows = ["#", "#", ".", "#"] * 4
else:
    h, w = (randint(2, 6), randint(2, 6)) if case <= 25 else (randint(8, 20), randint(8, 20))
    share = (0.3, 0.45, 0.6, 0.8)[case % 4]
    rows = ["".join("#" if random() < share else "." for _ in range(w)) for _ in range(h)]
print(len(rows), len(rows[0]))
print("\n".join(rows))
