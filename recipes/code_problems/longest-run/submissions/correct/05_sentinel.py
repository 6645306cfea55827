word = input().strip() + "#"
start, top, where = 0, 0, 0
for i in range(1, len(word)):
    if word[i] != word[start]:
        if i - start > top:
            top, where = i - start, start
        start = i
print(word[where], top)
