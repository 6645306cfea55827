import sys
from random import choice, randint, random

from cyaron import String

case = int(sys.argv[1])
fixed = [
    "a",
    "1(a)",
    "9(z)",
    "2(a3(b))c",
    "abc",
    "2(3(4(x)))",
    "a2(b)c3(d)e",
    "2(a)2(b)",
    "9(9(9(q)))",
    "1(1(1(m)))n",
    "3(2(a)b2(c))",
    "5(ab5(cd))ef",
]


def fold(depth):
    parts = []
    for _ in range(randint(1, 3)):
        if depth and random() < 0.6:
            parts.append(f"{randint(1, 4)}({fold(depth - 1)})")
        else:
            parts.append(String.random((1, 4), charset="abcxyz"))
    return "".join(parts)


def length(text):
    """Letters of the unfolded text."""
    stack = [(0, 1)]
    for i, c in enumerate(text):
        if c == "(":
            stack.append((0, int(text[i - 1])))
        elif c == ")":
            inner, times = stack.pop()
            stack[-1] = (stack[-1][0] + inner * times, stack[-1][1])
        elif c.isalpha():
            stack[-1] = (stack[-1][0] + 1, stack[-1][1])
    return stack[0][0]


if case <= len(fixed):
    text = fixed[case - 1]
else:
    text = "x" * 101
    while not (len(text) <= 100 and length(text) <= 5000 and (len(text) > 15 or case < 20)):
        text = fold(choice([1, 2, 3, 4]))
print(text)
