n = int(input())
length_at = {}
for word in input().split():
    x = int(word)
    length_at[x] = 1 + max((k for v, k in length_at.items() if v < x), default=0)
print(max(length_at.values()))
