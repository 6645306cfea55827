stack = [["", 1]]
k = 0
for c in input().strip():
    if c.isdigit():
        k = int(c)
    elif c == "(":
        stack.append(["", k])
    elif c == ")":
        text, times = stack.pop()
        stack[-1][0] += text * times
    else:
        stack[-1][0] += c
text = stack[0][0]
print(len(text))
print(text[:30])
