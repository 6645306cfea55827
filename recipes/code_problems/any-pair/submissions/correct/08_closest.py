n, t = map(int, input().split())
a = [int(x) for x in input().split()]
found = [(j - i, i + 1, j + 1) for i in range(n) for j in range(i + 1, n) if a[i] + a[j] == t]
print(*min(found)[1:]) if found else print("none")
