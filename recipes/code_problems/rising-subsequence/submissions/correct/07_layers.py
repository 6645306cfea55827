input()
remaining = list(map(int, input().split()))
# Strike out, again and again, those with nothing smaller before them: each round is one step of the longest choice.
rounds = 0
while remaining:
    low = float("inf")
    rest = []
    for x in remaining:
        if x <= low:
            low = x
        else:
            rest.append(x)
    remaining = rest
    rounds += 1
print(rounds)
