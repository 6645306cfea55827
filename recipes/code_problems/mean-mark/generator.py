import sys
from random import randint

case = int(sys.argv[1])
n = 2 * randint(1, 5) if case % 3 == 0 else randint(1, 20)
marks = [randint(1, 6) for _ in range(n)]
if case % 3 == 0:  # a mean that ends in .5
    marks[-1] = 1 + (n // 2 - 1 - sum(marks[:-1])) % n
    marks[-1] = marks[-1] if marks[-1] <= 6 else 6
print(n)
print(*marks)
