n = int(input())
s = sum(map(int, input().split()))
print(min(range(6, 0, -1), key=lambda mark: abs(mark * n - s)))
