from random import randint, sample

n = randint(1, 99)
print(n)
print(*sample(range(-1000, 1000), n))
