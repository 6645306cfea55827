# Prints the number of pairs, not their depth.
s = input().strip()
pairs = len(s) // 2
while True:
    t = s.replace("()", "").replace("[]", "").replace("{}", "")
    if t == s:
        break
    s = t
print(-1 if s else pairs)
