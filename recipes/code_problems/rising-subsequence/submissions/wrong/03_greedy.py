# Takes every number that is larger than the last one taken.
input()
count, last = 0, float("-inf")
for x in map(int, input().split()):
    if x > last:
        count += 1
        last = x
print(count)
