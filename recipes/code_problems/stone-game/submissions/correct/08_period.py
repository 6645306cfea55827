n, k = map(int, input().split())
moves = sorted(map(int, input().split()))
size = moves[-1]
# The results repeat once `size` of them in a row have been seen before; then n can be made small.
results, seen = [], {}
while len(results) <= n:
    s = len(results)
    if s >= size:
        key = tuple(results[-size:])
        if key in seen:
            n = s + (n - s) % (s - seen[key])
            seen = {}
        else:
            seen[key] = s
    results.append(any(m <= s and not results[s - m] for m in moves))
m = next((m for m in moves if m <= n and not results[n - m]), None)
print("second" if m is None else f"first {m}")
