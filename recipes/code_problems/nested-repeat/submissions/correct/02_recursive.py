s = input().strip()


def unfold(i):
    """(text, place after it), up to a closing bracket or the end."""
    out = []
    while i < len(s) and s[i] != ")":
        if s[i].isdigit():
            inner, end = unfold(i + 2)
            out.append(int(s[i]) * inner)
            i = end + 1
        else:
            out.append(s[i])
            i += 1
    return "".join(out), i


whole, _ = unfold(0)
print(len(whole), whole[:30], sep="\n")
