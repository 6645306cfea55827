number, digits, best = 0, 0, 0
sound = True
for c in input().strip():
    kind = "([{)]}".index(c)
    if kind < 3:
        number = number * 3 + kind
        digits += 1
        best = max(best, digits)
    else:
        number, r = divmod(number, 3)
        digits -= 1
        if digits < 0 or r != kind - 3:
            sound = False
            break
print(best if sound and digits == 0 else -1)
