import re

text = input().strip()
inner = re.compile(r"(\d)\(([a-z]+)\)")
while "(" in text:
    text = inner.sub(lambda m: int(m[1]) * m[2], text)
print(f"{len(text)}\n{text[:30]}")
