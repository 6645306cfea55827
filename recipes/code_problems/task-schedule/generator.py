import sys
from random import randint

from cyaron import IO, Graph

case = int(sys.argv[1])
io = IO("case.in", disable_output=True)


def write(times, pairs):
    io.input_writeln(len(times), len(pairs))
    io.input_writeln(times)
    for pair in pairs:
        io.input_writeln(pair)


if case == 1:
    write([5], [])
elif case == 2:  # waits for itself
    write([5], [(1, 1)])
elif case == 3:
    write([1, 2], [(1, 2), (2, 1)])
elif case == 4:  # a circle that nothing leads to
    write([9, 1, 1, 1], [(2, 3), (3, 4), (4, 2)])
elif case == 5:
    write([3, 8, 2], [])
elif case == 6:  # the longest chain in hours has fewer tasks
    write([100, 1, 1, 1, 1], [(2, 3), (3, 4), (4, 5)])
elif case == 7:  # a pair given twice
    write([4, 6], [(1, 2), (1, 2)])
elif case == 8:  # the last task is not the last to be done
    write([1, 50, 1], [(1, 2), (1, 3)])
elif case == 9:
    write([2] * 80, [(i, i + 1) for i in range(1, 80)])
elif case <= 40:
    n = randint(3, 10) if case <= 22 else randint(20, 80)
    names = list(range(1, n + 1))
    names.sort(key=lambda _: randint(0, 10**6))
    pairs = []
    for _ in range(randint(1, min(300, 3 * n))):
        a, b = sorted((randint(0, n - 1), randint(0, n - 1)))
        if a != b:
            pairs.append((names[a], names[b]))
    write([randint(1, 100) for _ in range(n)], pairs)
else:  # often a circle
    n = randint(4, 40)
    graph = Graph.graph(n, randint(n // 2, n), directed=True)
    write([randint(1, 100) for _ in range(n)], [(edge.start, edge.end) for edge in graph.iterate_edges()])
