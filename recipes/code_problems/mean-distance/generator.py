from random import randint

n = randint(2, 100)
print(n)
print(*(randint(-1000, 1000) for _ in range(n)))
