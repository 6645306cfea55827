# Prints the length of the 30 letters instead of that of the whole text.
stack, numbers = [""], []
for c in input().strip():
    if c.isdigit():
        numbers.append(int(c))
    elif c == "(":
        stack.append("")
    elif c == ")":
        text = stack.pop()
        stack[-1] += text * numbers.pop()
    else:
        stack[-1] += c
print(len(stack[0][:30]))
print(stack[0][:30])
