import re

best = max((m.group() for m in re.finditer(r"(.)\1*", input().strip())), key=len)
print(best[0], len(best))
