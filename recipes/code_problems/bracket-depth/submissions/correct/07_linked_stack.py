top, height, best, good = None, 0, 0, True
for c in input().strip():
    if c in "([{":
        top = (c, top)
        height += 1
        best = max(best, height)
    elif top is None or ord(c) - ord(top[0]) not in (1, 2):
        good = False
        break
    else:
        top = top[1]
        height -= 1
print(best if good and top is None else -1)
