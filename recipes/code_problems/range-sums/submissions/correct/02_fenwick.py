import sys


def main():
    data = sys.stdin.read().split()
    n, q = int(data[0]), int(data[1])
    values = [0] * (n + 1)
    tree = [0] * (n + 1)

    def add(i, delta):
        while i <= n:
            tree[i] += delta
            i += i & -i

    def prefix(i):
        total = 0
        while i:
            total += tree[i]
            i -= i & -i
        return total

    for i in range(1, n + 1):
        values[i] = int(data[i + 1])
        add(i, values[i])
    at = n + 2
    for _ in range(q):
        kind, x, y = data[at], int(data[at + 1]), int(data[at + 2])
        at += 3
        if kind == "C":
            add(x, y - values[x])
            values[x] = y
        else:
            print(prefix(y) - prefix(x - 1))


main()
