line = input().strip()
closes = {")": "(", "]": "[", "}": "{"}
stack, depth = [], 0
for c in line:
    if c in closes:
        if not stack or stack.pop() != closes[c]:
            print(-1)
            break
    else:
        stack.append(c)
        depth = max(depth, len(stack))
else:
    print(-1 if stack else depth)
