def solve(text):
    waiting = []
    best = 0
    for c in text:
        at = "([{".find(c)
        if at >= 0:
            waiting.append(")]}"[at])
            best = max(best, len(waiting))
        elif waiting and waiting[-1] == c:
            waiting.pop()
        else:
            return -1
    return best if not waiting else -1


print(solve(input().strip()))
