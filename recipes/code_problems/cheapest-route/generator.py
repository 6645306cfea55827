import sys
from random import randint

from cyaron import IO, Graph

case = int(sys.argv[1])
io = IO("case.in", disable_output=True)
if case == 1:
    io.input_writeln(1, 0)
elif case == 2:
    io.input_writeln(2, 0)
elif case == 3:  # only the wrong way round
    io.input_writeln(2, 1)
    io.input_writeln(2, 1, 5)
elif case == 4:  # parallel roads, the cheap one first
    io.input_writeln(2, 3)
    for toll in (3, 8, 5):
        io.input_writeln(1, 2, toll)
elif case == 5:  # all tolls 0
    graph = Graph.graph(30, 200, directed=True, weight_limit=(0, 0))
    io.input_writeln(30, 200)
    io.input_writeln(graph)
elif case == 6:  # many short steps beat one long road
    io.input_writeln(10, 18)
    for town in range(1, 10):
        io.input_writeln(town, town + 1, 10)
        io.input_writeln(1, town + 1, 10 * town + 1)
elif case == 7:  # a town that is settled early by a dear road
    io.input_writeln(4, 5)
    for road in ((1, 2, 10), (1, 3, 1), (3, 2, 1), (2, 4, 1), (3, 4, 20)):
        io.input_writeln(road)
elif case == 8:  # one town, and a road to itself
    io.input_writeln(1, 1)
    io.input_writeln(1, 1, 4)
else:
    n = randint(3, 9) if case <= 25 else randint(20, 60)
    m = randint(n, 3 * n) if case % 3 else randint(n, min(400, n * 6))
    limit = (0, 20) if case % 2 else (1, 1000)
    graph = Graph.graph(n, m, directed=True, weight_limit=limit)
    io.input_writeln(n, m)
    io.input_writeln(graph.to_str(shuffle=True))
