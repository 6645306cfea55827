s = input().strip()
n = len(s)
frontier = {(0, n - 1)}
struck = 0
while True:
    settled = set()
    for i, j in frontier:
        while i < j and s[i] == s[j]:
            i, j = i + 1, j - 1
        settled.add((i, j))
    if any(i >= j for i, j in settled):
        break
    frontier = {(i + 1, j) for i, j in settled} | {(i, j - 1) for i, j in settled}
    struck += 1
print(struck)
