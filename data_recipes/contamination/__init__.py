"""Whether a row was taken from a benchmark: registered benchmarks, their index, and what is found in it."""
