n, q = map(int, input().split())
size = 1 << max(0, (n - 1).bit_length())
tree = [0] * (2 * size)
for i, word in enumerate(input().split()):
    tree[size + i] = int(word)
for i in range(size - 1, 0, -1):
    tree[i] = tree[2 * i] + tree[2 * i + 1]
for _ in range(q):
    order = input().split()
    if order[0] == "C":
        i = size + int(order[1]) - 1
        tree[i] = int(order[2])
        while i > 1:
            i //= 2
            tree[i] = tree[2 * i] + tree[2 * i + 1]
    else:
        lo, hi, total = size + int(order[1]) - 1, size + int(order[2]), 0
        while lo < hi:
            if lo % 2:
                total += tree[lo]
                lo += 1
            if hi % 2:
                hi -= 1
                total += tree[hi]
            lo, hi = lo // 2, hi // 2
        print(total)
