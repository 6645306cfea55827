# Takes the second number of the sorted list, which may equal the first.
input()
print(sorted(map(int, input().split()))[-2])
