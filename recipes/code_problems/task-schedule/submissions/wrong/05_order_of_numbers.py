# Assumes that a task only needs tasks with smaller numbers.
n, m = map(int, input().split())
t = list(map(int, input().split()))
pairs = sorted(tuple(map(int, input().split())) for _ in range(m))
finish = t[:]
for a, b in pairs:
    finish[b - 1] = max(finish[b - 1], finish[a - 1] + t[b - 1])
print("never" if any(a >= b for a, b in pairs) else max(finish))
