from cyaron import IO, Vector, randint

n = randint(2, 60)
io = IO("case.in", disable_output=True)
io.input_writeln(n)
io.input_writeln([value for (value,) in Vector.random_unique_vector(n, [(0, 1000000)])])
