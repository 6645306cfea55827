# Never unfolds more than is printed: pairs of (length, first 30 letters).
def join(a, b):
    return a[0] + b[0], (a[1] + b[1])[:30]


def times(a, k):
    return a[0] * k, (a[1] * k)[:30]


stack, numbers = [(0, "")], []
for c in input().strip():
    if c.isalpha():
        stack[-1] = join(stack[-1], (1, c))
    elif c.isdigit():
        numbers.append(int(c))
    elif c == "(":
        stack.append((0, ""))
    else:
        part = times(stack.pop(), numbers.pop())
        stack[-1] = join(stack[-1], part)
print(stack[0][0])
print(stack[0][1])
