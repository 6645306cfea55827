def top_two(a):
    if len(a) == 1:
        return a[0], -1
    middle = len(a) // 2
    values = {*top_two(a[:middle]), *top_two(a[middle:])}
    first = max(values)
    return first, max(values - {first}, default=-1)


input()
print(top_two(list(map(int, input().split())))[1])
