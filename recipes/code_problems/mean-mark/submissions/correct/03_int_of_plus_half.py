n = int(input())
marks = [int(x) for x in input().split()]
print(int(sum(marks) / len(marks) + 0.5))
