s = input().strip()
kept = s
while True:
    shorter = s.replace("()", "").replace("[]", "").replace("{}", "")
    if shorter == s:
        break
    s = shorter
if s:
    print(-1)
else:
    level = best = 0
    for c in kept:
        level += 1 if c in "([{" else -1
        best = max(best, level)
    print(best)
