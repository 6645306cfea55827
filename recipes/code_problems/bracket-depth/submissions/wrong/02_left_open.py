# Accepts lines in which brackets stay open.
close = {")": "(", "]": "[", "}": "{"}
stack, best = [], 0
for c in input().strip():
    if c not in close:
        stack.append(c)
        best = max(best, len(stack))
    elif not stack or stack.pop() != close[c]:
        best = -1
        break
print(best)
