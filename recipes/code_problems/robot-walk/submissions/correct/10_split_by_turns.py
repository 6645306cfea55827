import re
import sys

text = " ".join(sys.stdin.read().split()[1:])
x = y = heading = 0
top = 0
for kind, number in re.findall(r"([FBLR])(?: (\d+))?", text):
    match kind:
        case "L":
            heading = (heading - 1) % 4
        case "R":
            heading = (heading + 1) % 4
        case _:
            k = int(number) if kind == "F" else -int(number)
            x += [0, k, 0, -k][heading]
            y += [k, 0, -k, 0][heading]
            top = max(top, abs(x) + abs(y))
print(x, y, top)
