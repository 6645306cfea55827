n = int(input())
end, count = 0, 0
for s, e in sorted(tuple(map(int, input().split())) for _ in range(n)):
    if s >= end:
        count += 1
        end = e
    elif e < end:  # the talk chosen last is in the way longer than this one
        end = e
print(count)
