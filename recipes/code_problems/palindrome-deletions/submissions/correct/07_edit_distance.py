# Turning the word into its reverse by deleting and inserting costs twice what is asked.
s = input().strip()
t = s[::-1]
d = list(range(len(t) + 1))
for i, x in enumerate(s, 1):
    new = [i]
    for j, y in enumerate(t, 1):
        new.append(d[j - 1] if x == y else 1 + min(d[j], new[j - 1]))
    d = new
print(d[-1] // 2)
