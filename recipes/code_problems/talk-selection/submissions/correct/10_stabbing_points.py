# As many talks can be heard as moments are needed to be inside of every talk.
n = int(input())
waiting = {tuple(map(int, input().split())) for _ in range(n)}
moments = 0
while waiting:
    last = min(e for _, e in waiting)
    waiting = {(s, e) for s, e in waiting if s >= last}
    moments += 1
print(moments)
