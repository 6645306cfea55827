# What follows a repetition on the same level is lost.
import re


def unfold(text):
    m = re.match(r"([a-z]*)(?:(\d)\((.*)\))?", text)
    return m[1] + (int(m[2]) * unfold(m[3]) if m[2] else "")


text = unfold(input().strip())
print(len(text))
print(text[:30])
