import sys

s = sys.stdin.readline().strip()
n = len(s)
match = [-1] * n
last_open = []
ok = True
for i, c in enumerate(s):
    if c in "([{":
        last_open.append(i)
    elif last_open and s[last_open[-1]] + c in ("()", "[]", "{}"):
        match[last_open.pop()] = i
    else:
        ok = False
        break
if ok and not last_open:
    depth = [0] * (n + 1)
    for i in range(n):
        if match[i] >= 0:
            for j in range(i, match[i]):
                depth[j] += 1
    print(max(depth))
else:
    print(-1)
