s = input().strip()
stack = []
for c in reversed(s):
    if c == "(":
        piece = ""
        while stack[-1] != ")":
            piece += stack.pop()
        stack[-1] = piece  # in place of the closing bracket
    elif c.isdigit():
        stack.append(stack.pop() * int(c))
    else:
        stack.append(c)
text = "".join(reversed(stack))
print(len(text))
print(text[:30])
