import sys
from random import randint, sample, shuffle

case = int(sys.argv[1])
if case == 1:
    coins, amount = [7], 0
elif case == 2:
    coins, amount = [7], 6
elif case == 3:
    coins, amount = [1], 150
elif case == 4:
    coins, amount = [1, 2, 5, 10, 20, 50, 100], 150
elif case == 5:
    coins, amount = [4, 6, 10], 9
elif case == 6:
    coins, amount = [100, 99, 98], 97
elif case in (7, 8):
    coins, amount = [1, 2, 3] if case == 7 else [50, 20], 0
elif case <= 25:
    coins, amount = sample(range(1, 10), randint(2, 4)), randint(1, 20)
elif case <= 38:
    coins, amount = sample(range(1, 31), randint(3, 8)), randint(30, 150)
else:
    coins, amount = sample(range(2, 101), randint(4, 8)), randint(60, 150)
shuffle(coins)
print(len(coins), amount)
print(*coins)
