import sys

numbers = list(map(int, sys.stdin.read().split()))
n, c = numbers[:2]
lightest = {0: 0}
for w, v in zip(numbers[2::2], numbers[3::2]):
    for value, weight in sorted(lightest.items(), reverse=True):
        total = weight + w
        if total <= c and total < lightest.get(value + v, c + 1):
            lightest[value + v] = total
print(max(lightest))
