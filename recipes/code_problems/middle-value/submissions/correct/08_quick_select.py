def select(a, k):
    pivot = a[len(a) // 2]
    small = [x for x in a if x < pivot]
    if k < len(small):
        return select(small, k)
    if k == len(small):
        return pivot
    return select([x for x in a if x > pivot], k - len(small) - 1)


n = int(input())
print(select(list(map(int, input().split())), n // 2))
