n = int(input())
at, heading, most = 0j, 1j, 0
for _ in range(n):
    command = input().strip()
    if command == "L":
        heading *= 1j
    elif command == "R":
        heading /= 1j
    else:
        at += heading * int(command[2:]) * (1 if command[0] == "F" else -1)
    most = max(most, abs(at.real) + abs(at.imag))
print(round(at.real), round(at.imag), round(most))
