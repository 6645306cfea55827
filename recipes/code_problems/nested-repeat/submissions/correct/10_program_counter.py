s = input().strip()
out, loops, i = [], [], 0
while i < len(s):
    c = s[i]
    if c.isdigit():
        loops.append([int(c), i + 2])
        i += 2
    elif c == ")":
        loops[-1][0] -= 1
        if loops[-1][0]:
            i = loops[-1][1]
        else:
            loops.pop()
            i += 1
    else:
        out.append(c)
        i += 1
print(len(out))
print(*out[:30], sep="")
