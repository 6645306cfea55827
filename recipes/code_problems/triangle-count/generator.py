import sys

from cyaron import IO, Edge, Graph, randint

case = int(sys.argv[1])
n = randint(3, 4 + case // 4)
m = randint(n, 6 * n)  # often more than n * (n - 1) / 2
graph = Graph.graph(n, m, self_loop=False, repeated_edges=False)
io = IO("case.in", disable_output=True)
io.input_writeln(n, m)
io.input_writeln(graph.to_str(output=Edge.unweighted_edge))
