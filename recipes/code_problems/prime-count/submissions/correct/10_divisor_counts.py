a, b = map(int, input().split())
divisors = [0] * (b + 1)
for d in range(1, b + 1):
    for m in range(d, b + 1, d):
        divisors[m] += 1
answer, places = 0, []
for x in range(a, b + 1):
    if divisors[x] == 2:
        places.append(x)
        if len(places) > 1:
            answer = max(answer, places[-1] - places[-2])
print(len(places), answer)
