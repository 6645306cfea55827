# Keeps one number for all brackets: after an inner repetition the outer one uses its number.
stack, k = [""], 0
for c in input().strip():
    if c.isdigit():
        k = int(c)
    elif c == "(":
        stack.append("")
    elif c == ")":
        text = stack.pop()
        stack[-1] += text * k
    else:
        stack[-1] += c
print(len(stack[0]))
print(stack[0][:30])
