n, k = map(int, input().split())
tree = [i & -i for i in range(n + 1)]
place = 0
for left in range(n, 0, -1):
    place = (place + k - 1) % left
    at, want = 0, place + 1
    for bit in reversed(range(n.bit_length())):
        step = at + (1 << bit)
        if step <= n and tree[step] < want:
            at, want = step, want - tree[step]
    child = at + 1
    i = child
    while i <= n:
        tree[i] -= 1
        i += i & -i
print(child)
