import re

s = input().strip()
# Write it as a Python expression: 2(a3(b))c becomes 2*("a"+3*("b"))+"c".
tokens = re.findall(r"[a-z]+|\d|[()]", s)
code, before = [], ""
for t in tokens:
    if before and before != "(" and t != ")" and not (t == "(" and before.isdigit()):
        code.append("+")
    if t.isalpha():
        code.append(f'"{t}"')
    elif t.isdigit():
        code.append(t + "*")
    else:
        code.append(t)
    before = t
result = eval("".join(code))
print(len(result))
print(result[:30])
