import string

word = input().strip()
for length in range(len(word), 0, -1):
    places = [(word.find(c * length), c) for c in string.ascii_lowercase if c * length in word]
    if places:
        print(min(places)[1], length)
        break
