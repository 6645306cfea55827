import re

text = input().strip()
depth, pattern = 0, re.compile(r"\(x*\)|\[x*\]|\{x*\}")
# Replace innermost pairs; the number of rounds in which only what is innermost goes is the depth.
while text.strip("x"):
    new = pattern.sub("x", text)
    if new == text:
        depth = -1
        break
    text = new
    depth += 1
print(depth)
