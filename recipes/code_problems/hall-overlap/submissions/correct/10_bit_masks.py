n = int(input())
layers = []  # layers[k]: bit t is set when more than k talks go on at time t
for _ in range(n):
    s, e = map(int, input().split())
    mask = (1 << e) - (1 << s)
    for k in range(len(layers)):
        layers[k], mask = layers[k] | mask, layers[k] & mask
    if mask:
        layers.append(mask)
low = layers[-1] & -layers[-1]
print(len(layers), low.bit_length() - 1)
