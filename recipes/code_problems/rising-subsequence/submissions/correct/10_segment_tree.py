import sys


def main():
    data = list(map(int, sys.stdin.read().split()))
    a = data[1:]
    order = sorted(set(a))
    size = 1
    while size < len(order):
        size *= 2
    tree = [0] * (2 * size)
    place = {v: i + size for i, v in enumerate(order)}
    for v in a:
        lo, hi, best = size, place[v], 0
        while lo < hi:
            if lo & 1:
                best = max(best, tree[lo])
                lo += 1
            if hi & 1:
                hi -= 1
                best = max(best, tree[hi])
            lo //= 2
            hi //= 2
        i = place[v]
        while i:
            tree[i] = max(tree[i], best + 1)
            i //= 2
    print(tree[1])


main()
