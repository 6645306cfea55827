n, k = map(int, input().split())
following = {i: i % n + 1 for i in range(1, n + 1)}
before = n
for left in range(n, 1, -1):
    for _ in range((k - 1) % left):
        before = following[before]
    following[before] = following[following[before]]
print(following[before])
