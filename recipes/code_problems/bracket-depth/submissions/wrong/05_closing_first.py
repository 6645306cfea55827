# Ignores a closing bracket that nothing opened.
close = {")": "(", "]": "[", "}": "{"}
stack, best, sound = [], 0, True
for c in input().strip():
    if c not in close:
        stack.append(c)
        best = max(best, len(stack))
    elif stack:
        sound = sound and stack.pop() == close[c]
print(best if sound and not stack else -1)
