import sys
from random import randint

from cyaron import String

case = int(sys.argv[1])
if case == 1:
    word = "a"
elif case == 2:
    word = "ab"
elif case == 3:
    word = "x" * 80
elif case == 4:
    word = "abcdefghijklmnopqrstuvwxyz"
elif case == 5:
    half = String.random(40)
    word = half + half[::-1]
elif case == 6:
    half = String.random(30)
    word = half + "m" + half[::-1]
elif case == 7:
    word = "ab" * 40
elif case == 8:  # dropping from the wrong side costs more
    word = "aabcbaacbab"
elif case <= 25:
    word = String.random((3, 12), charset="abc")
elif case <= 38:
    word = String.random((30, 80), charset="abcd")
else:  # a palindrome with some letters put in
    half = String.random((15, 30), charset="abcdefgh")
    word = half + half[::-1]
    for _ in range(randint(1, 8)):
        at = randint(0, len(word))
        word = word[:at] + String.random(1, charset="abcxyz") + word[at:]
print(word)
