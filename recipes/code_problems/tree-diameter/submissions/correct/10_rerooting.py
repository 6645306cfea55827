import sys

sys.setrecursionlimit(10**4)


class Tree:
    def __init__(self, n):
        self.next = [[] for _ in range(n + 1)]
        self.down = [0] * (n + 1)
        self.far = [0] * (n + 1)

    def measure(self, v, parent):
        self.down[v] = max((self.measure(to, v) + w for to, w in self.next[v] if to != parent), default=0)
        return self.down[v]

    def spread(self, v, parent, above):
        arms = [(self.down[to] + w, to) for to, w in self.next[v] if to != parent] + [(above, 0)]
        self.far[v] = max(arms)[0]
        for to, w in self.next[v]:
            if to != parent:
                self.spread(to, v, w + max(arm for arm, through in arms if through != to))


n = int(input())
tree = Tree(n)
for _ in range(n - 1):
    u, v, w = map(int, input().split())
    tree.next[u].append((v, w))
    tree.next[v].append((u, w))
tree.measure(1, 0)
tree.spread(1, 0, 0)
print(max(tree.far))
