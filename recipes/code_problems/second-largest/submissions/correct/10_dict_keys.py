input()
seen = dict.fromkeys(map(int, input().split()))
del seen[max(seen)]
print(max(seen))
