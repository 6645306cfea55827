import sys
from random import choice, randint, random

from cyaron import String

case = int(sys.argv[1])
PAIRS = ["()", "[]", "{}"]


def sound(pairs, deep):
    """A random sound line with that many pairs; `deep` is how readily it nests."""
    text, open_ = [], []
    while pairs or open_:
        if pairs and (not open_ or random() < deep):
            pair = choice(PAIRS)
            text.append(pair[0])
            open_.append(pair[1])
            pairs -= 1
        else:
            text.append(open_.pop())
    return "".join(text)


fixed = ["(", ")", "([)]", "()[]{}", "((((((", "))", "(()", "())", "{[()]}", ")(", "(" * 100 + ")" * 100, "[]" * 100, "(]", "]["]
if case <= len(fixed):
    line = fixed[case - 1]
elif case <= 34:
    line = sound(randint(2, 100), choice([0.4, 0.6, 0.8]))
elif case <= 40:  # one bracket of a sound line changed, left out or doubled
    line = sound(randint(3, 60), 0.6)
    at = randint(0, len(line) - 1)
    line = line[:at] + choice(["", choice("()[]{}"), line[at] * 2]) + line[at + 1 :]
elif case <= 44:  # pairs that cross
    line = sound(randint(2, 20), 0.5) + choice(["([)]", "{(})", "[{]}", "([{)}]"]) + sound(randint(2, 20), 0.5)
else:
    line = String.random((2, 8), charset="()[]")
print(line)
