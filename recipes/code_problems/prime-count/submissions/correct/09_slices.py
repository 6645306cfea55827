a, b = map(int, input().split())
s = bytearray(b"\0\0") + bytearray(b"\1") * (b - 1)
for i in range(2, b + 1):
    if i * i > b:
        break
    s[i * i :: i] = bytes(len(range(i * i, b + 1, i)))
window = s[a:]
parts = bytes(window).strip(b"\0").split(b"\1")
print(window.count(1), max((len(x) + 1 for x in parts[1:-1]), default=0))
