# Writes the text once and then k times again.
stack, numbers = [""], []
for c in input().strip():
    if c.isdigit():
        numbers.append(int(c))
    elif c == "(":
        stack.append("")
    elif c == ")":
        text = stack.pop()
        stack[-1] += text + text * numbers.pop()
    else:
        stack[-1] += c
print(len(stack[0]))
print(stack[0][:30])
