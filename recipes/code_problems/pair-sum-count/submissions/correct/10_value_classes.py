from math import comb

n, t = map(int, input().split())
values = list(map(int, input().split()))
kinds = {v: values.count(v) for v in set(values)}
answer = 0
for v, times in kinds.items():
    w = t - v
    if w == v:
        answer += comb(times, 2)
    elif w > v and w in kinds:
        answer += times * kinds[w]
print(answer)
