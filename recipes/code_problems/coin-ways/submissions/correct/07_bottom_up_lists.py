import sys


def main():
    tokens = sys.stdin.read().split()
    s = int(tokens[1])
    coins = [int(x) for x in tokens[2:]]
    row = [0 if i else 1 for i in range(s + 1)]
    for c in coins:
        new = []
        for i in range(s + 1):
            new.append(row[i] + (new[i - c] if i >= c else 0))
        row = new
    print(row[-1])


main()
