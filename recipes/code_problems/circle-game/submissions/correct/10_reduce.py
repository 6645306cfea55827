from functools import reduce

n, k = (int(word) for word in input().split())
print(1 + reduce(lambda place, size: (place + k) % size, range(2, n + 1), 0))
