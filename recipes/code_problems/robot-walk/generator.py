import sys
from random import choice, randint, random

case = int(sys.argv[1])
fixed = [
    ["F 1"],
    ["L"],
    ["B 100"],
    ["L", "F 2"],
    ["R", "F 2"],
    ["L", "L", "F 7"],
    ["R", "R", "R", "F 9"],
    ["F 10", "B 10"],  # the start again: the largest distance is on the way
    ["F 5", "R", "F 5", "R", "F 5", "R", "F 5"],
    ["R", "B 4", "L", "B 4"],
    ["L"] * 200,
]
if case <= len(fixed):
    program = fixed[case - 1]
else:
    n = randint(3, 10) if case <= 25 else randint(40, 200)
    turns = choice([0.2, 0.5, 0.8])
    program = []
    for _ in range(n):
        if random() < turns:
            program.append(choice("LR"))
        else:
            program.append(f"{choice('FFB')} {randint(1, 100 if case % 2 else 5)}")
print(len(program))
print("\n".join(program))
