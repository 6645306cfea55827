# The length is a sum over letters of the product of the numbers around them; the text is unfolded from outside.
s = input().strip()
weight, around, length = 1, [], 0
for i, c in enumerate(s):
    if c == "(":
        around.append(int(s[i - 1]))
        weight *= around[-1]
    elif c == ")":
        weight //= around.pop()
    elif c.isalpha():
        length += weight
print(length)
text = s
while "(" in text:
    at = text.index("(")
    depth, end = 1, at
    while depth:
        end += 1
        depth += (text[end] == "(") - (text[end] == ")")
    text = text[: at - 1] + text[at + 1 : end] * int(text[at - 1]) + text[end + 1 :]
print(text[:30])
