input()
a = [int(x) for x in input().split()]
top = max(a)
while top in a:
    a.remove(top)
print(max(a))
