r, c = map(int, input().split())
table = {complex(x, y): word for y in range(r) for x, word in enumerate(input().split())}
position, heading = -1 + 0j, 1
words = []
while True:
    if position + heading not in table:
        heading *= 1j
        if position + heading not in table:
            break
    position += heading
    words.append(table.pop(position))
print(*words)
