import sys
from array import array

read = sys.stdin.readline
n, q = map(int, read().split())
numbers = array("q", map(int, read().split()))
answers = []
for _ in range(q):
    kind, *rest = read().split()
    first, second = map(int, rest)
    if kind == "S":
        total = 0
        for value in memoryview(numbers)[first - 1 : second]:
            total += value
        answers.append(str(total))
    else:
        numbers[first - 1] = second
sys.stdout.write("\n".join(answers) + "\n")
