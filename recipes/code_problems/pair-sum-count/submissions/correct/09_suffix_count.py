n, t = map(int, input().split())
a = input().split()
numbers = [int(x) for x in a]
print(sum(numbers[i + 1 :].count(t - numbers[i]) for i in range(n)))
