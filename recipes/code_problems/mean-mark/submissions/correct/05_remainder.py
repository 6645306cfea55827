n = int(input())
q, r = divmod(sum(map(int, input().split())), n)
print(q + (2 * r >= n))
