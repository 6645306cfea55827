# Undo the game: put the children back into the circle, the last one first.
n, k = map(int, input().split())
position = 0  # of the survivor, counted from where counting starts
size = 1
while size < n:
    size += 1
    position += k
    while position >= size:
        position -= size
print(position + 1)
