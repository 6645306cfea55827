from random import randint

n = randint(2, 100)
numbers = [randint(-50, 50) for _ in range(n)]
print(n, numbers[0] + numbers[-1])
print(*numbers)
