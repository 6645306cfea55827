import sys
from random import randint

from cyaron import IO, Graph

case = int(sys.argv[1])
io = IO("case.in", disable_output=True)
if case == 1:
    io.input_writeln(1)
elif case == 2:
    io.input_writeln(2)
    io.input_writeln(1, 2, 9)
elif case == 3:  # the longest way does not pass vertex 1
    io.input_writeln(6)
    for edge in ((1, 2, 1), (2, 3, 100), (2, 4, 90), (4, 5, 1), (1, 6, 3)):
        io.input_writeln(edge)
else:
    n = randint(3, 12) if case <= 20 else randint(30, 120)
    shape = case % 5
    limit = (1, 1) if case % 7 == 0 else (1, 1000)
    if shape == 0:
        tree = Graph.chain(n, weight_limit=limit)
    elif shape == 1:
        tree = Graph.flower(n, weight_limit=limit)
    elif shape == 2:
        tree = Graph.binary_tree(n, weight_limit=limit)
    else:
        tree = Graph.tree(n, 0.3, 0.3, weight_limit=limit)
    io.input_writeln(n)
    io.input_writeln(tree.to_str(shuffle=True))
