import sys

sys.setrecursionlimit(10000)
s = input().strip()
close, opened = {}, []
for i, c in enumerate(s):
    if c == "(":
        opened.append(i)
    elif c == ")":
        close[opened.pop()] = i


def letters(i, end):
    while i < end:
        if s[i].isalpha():
            yield s[i]
            i += 1
        else:
            for _ in range(int(s[i])):
                yield from letters(i + 2, close[i + 1])
            i = close[i + 1] + 1


out = list(letters(0, len(s)))
print(len(out))
print("".join(out[:30]))
