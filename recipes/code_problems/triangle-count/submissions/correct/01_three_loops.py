n, m = map(int, input().split())
friends = set()
for _ in range(m):
    a, b = map(int, input().split())
    friends |= {(a, b), (b, a)}
people = range(1, n + 1)
print(
    sum(
        (a, b) in friends and (b, c) in friends and (a, c) in friends
        for a in people
        for b in range(a + 1, n + 1)
        for c in range(b + 1, n + 1)
    )
)
