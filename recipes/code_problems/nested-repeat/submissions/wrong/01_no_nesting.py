# Unfolds one level only and drops the brackets of deeper ones.
import re

text = input().strip()
text = re.sub(r"(\d)\(([a-z]+)\)", lambda m: int(m[1]) * m[2], text)
text = re.sub(r"[\d()]", "", text)
print(len(text))
print(text[:30])
