import sys
from random import choice, randint

from cyaron import String

case = int(sys.argv[1])
if case == 1:
    word = "q"
elif case == 2:
    word = "z" * 300
elif case == 3:
    word = "ab" * 150
elif case == 4:
    word = "abbbcccd"
elif case <= 12:  # ties, and the longest run at the end
    runs = [choice("abc") * randint(1, 3) for _ in range(randint(2, 8))]
    word = "".join(runs) + choice("xyz") * (case % 4 + 1)
elif case <= 30:
    word = String.random((2, 40), charset="ab")
elif case <= 40:
    word = String.random((50, 300), charset="abz")
else:
    word = "".join(choice("klmn") * randint(1, 9) for _ in range(30))
print(word)
