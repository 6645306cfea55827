n = int(input())
a = list(map(int, input().split()))
longest = [0] * n  # indexed by place; places are filled in the order of their values
for i in sorted(range(n), key=lambda i: (a[i], -i)):
    longest[i] = 1 + max(longest[:i], default=0)
print(max(longest))
