class Node:
    def __init__(self, lo, hi, values):
        self.lo, self.hi = lo, hi
        self.left = self.right = None
        if lo == hi:
            self.total = values[lo]
        else:
            middle = (lo + hi) // 2
            self.left, self.right = Node(lo, middle, values), Node(middle + 1, hi, values)
            self.total = self.left.total + self.right.total

    def change(self, i, value):
        if self.lo == self.hi:
            self.total = value
            return
        (self.left if i <= self.left.hi else self.right).change(i, value)
        self.total = self.left.total + self.right.total

    def ask(self, lo, hi):
        if hi < self.lo or self.hi < lo:
            return 0
        if lo <= self.lo and self.hi <= hi:
            return self.total
        return self.left.ask(lo, hi) + self.right.ask(lo, hi)


n, q = map(int, input().split())
root = Node(1, n, [0, *map(int, input().split())])
for _ in range(q):
    kind, x, y = input().split()
    if kind == "C":
        root.change(int(x), int(y))
    else:
        print(root.ask(int(x), int(y)))
