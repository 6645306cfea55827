import statistics

input()
print(statistics.median_low(list(map(int, input().split()))))
