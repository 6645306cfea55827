LEFT = {"N": "W", "W": "S", "S": "E", "E": "N"}
RIGHT = {after: before for before, after in LEFT.items()}
MOVE = {"N": (0, 1), "S": (0, -1), "E": (1, 0), "W": (-1, 0)}
looks = "N"
place = (0, 0)
largest = 0
for _ in range(int(input())):
    command = input().split()
    if command[0] == "L":
        looks = LEFT[looks]
    elif command[0] == "R":
        looks = RIGHT[looks]
    else:
        sign = {"F": 1, "B": -1}[command[0]]
        step = MOVE[looks]
        place = tuple(p + sign * int(command[1]) * s for p, s in zip(place, step))
        largest = max(largest, sum(map(abs, place)))
print(*place, largest)
