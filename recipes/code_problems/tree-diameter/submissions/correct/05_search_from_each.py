def main():
    n = int(input())
    g = [[] for _ in range(n)]
    for _ in range(n - 1):
        u, v, w = map(int, input().split())
        g[u - 1].append((v - 1, w))
        g[v - 1].append((u - 1, w))
    best = 0
    for start in range(n):
        stack = [(start, -1, 0)]
        while stack:
            v, parent, d = stack.pop()
            best = max(best, d)
            for to, w in g[v]:
                if to != parent:
                    stack.append((to, v, d + w))
    print(best)


main()
