s = input().strip()
cuts = [0] + [i for i in range(1, len(s)) if s[i] != s[i - 1]] + [len(s)]
lengths = [b - a for a, b in zip(cuts, cuts[1:])]
k = max(range(len(lengths)), key=lengths.__getitem__)
print(s[cuts[k]], lengths[k])
