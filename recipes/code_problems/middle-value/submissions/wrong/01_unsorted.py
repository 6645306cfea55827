# Prints the number in the middle of the list as it is given.
n = int(input())
print(input().split()[n // 2])
