n = int(input())
a = list(map(int, input().split()))
rank = {v: i for i, v in enumerate(sorted(set(a)), 1)}
tree = [0] * (len(rank) + 1)


def query(i):
    best = 0
    while i:
        best = max(best, tree[i])
        i &= i - 1
    return best


def update(i, value):
    while i < len(tree):
        tree[i] = max(tree[i], value)
        i += i & -i


for v in a:
    update(rank[v], query(rank[v] - 1) + 1)
print(query(len(rank)))
