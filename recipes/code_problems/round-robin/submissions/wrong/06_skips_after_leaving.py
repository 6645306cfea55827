# Steps over the next one when somebody leaves the list.
n, q = map(int, input().split())
people = [[i, t] for i, t in enumerate(map(int, input().split()), 1)]
at = total = 0
while people:
    at %= len(people)
    who, left = people[at]
    part = min(q, left)
    total += part
    people[at][1] -= part
    if part == left:
        print(who, total)
        people.pop(at)
    at += 1
