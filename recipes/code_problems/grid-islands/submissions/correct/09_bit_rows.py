h, w = map(int, input().split())
left = [int(input().strip().replace("#", "1").replace(".", "0"), 2) for _ in range(h)]
count = best = 0
for y in range(h):
    while left[y]:
        part = [0] * h
        part[y] = left[y] & -left[y]
        while True:  # grow by one cell in all directions
            grown = [
                (p | p << 1 | p >> 1 | (part[i - 1] if i else 0) | (part[i + 1] if i + 1 < h else 0)) & left[i] for i, p in enumerate(part)
            ]
            if grown == part:
                break
            part = grown
        left = [a & ~b for a, b in zip(left, part)]
        count += 1
        best = max(best, sum(bin(p).count("1") for p in part))
print(count, best)
