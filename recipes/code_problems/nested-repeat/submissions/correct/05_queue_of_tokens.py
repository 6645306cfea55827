from collections import deque


def read(tokens):
    text = ""
    while tokens:
        t = tokens.popleft()
        if t == ")":
            break
        if t in "123456789":
            tokens.popleft()  # the opening bracket
            text += read(tokens) * int(t)
        else:
            text += t
    return text


full = read(deque(input().strip()))
print(len(full))
print(full[:30])
