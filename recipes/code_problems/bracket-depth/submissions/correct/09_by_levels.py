s = input().strip()
level, levels = 0, []
for c in s:
    if c in "([{":
        level += 1
        levels.append(level)
    else:
        levels.append(level)
        level -= 1
answer = max(levels)
if level != 0 or min(levels) < 1:
    answer = -1
else:
    for k in range(1, answer + 1):  # on each level brackets alternate: open, then the closing one of the same kind
        row = [c for c, at in zip(s, levels) if at == k]
        for a, b in zip(row[::2], row[1::2]):
            if a + b not in ("()", "[]", "{}"):
                answer = -1
print(answer)
