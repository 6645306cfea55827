def count(items):
    """(pairs inside, how often each value occurs)"""
    if len(items) <= 1:
        return 0, dict.fromkeys(items, 1)
    middle = len(items) // 2
    left_pairs, left = count(items[:middle])
    right_pairs, right = count(items[middle:])
    across = sum(times * right.get(t - v, 0) for v, times in left.items())
    for v, times in right.items():
        left[v] = left.get(v, 0) + times
    return left_pairs + right_pairs + across, left


n, t = map(int, input().split())
print(count(list(map(int, input().split())))[0])
