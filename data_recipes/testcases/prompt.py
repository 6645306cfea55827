"""What a model is asked in order to write a generator, and the script in its answer (K42).

The prompt is a usage statement of CYaRon (in our words, from its interface at version 0.7.0) and the problem's statement,
as in section 4.1. The answers come through the sampler that difficulty uses, so a sample is never made twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from data_recipes.sampling import Request, SamplerConfig, SampleStore, draw
from data_recipes.testcases.problems import CodeProblem
from multimodal.messages import Message, Part, user
from openk15.config import StrictModel
from rewards.code.extract import Origin, candidates
from rewards.code.languages import fence_tags

if TYPE_CHECKING:
    from data_recipes.sampling import Sample

CYARON_USAGE = r"""CYaRon is a Python library that makes test data for programming problems. What it offers:

from cyaron import *            # IO, Graph, Edge, Vector, String, Sequence, ati, randint, choice, constants

Writing one input
  io = IO("case.in", disable_output=True)   # opens case.in; closed when the script ends
  io.input_write(a, b, [1, 2])              # values, and the values in lists, separated by one blank; no line end
  io.input_writeln(n, m)                    # the same, and a line end
  ati([1, 2, 1E5])                          # the list as whole numbers; lets you write limits as 1E5

Numbers
  randint(low, high), randrange(n), uniform(low, high), choice(items), random()    # Python's own; randint includes both ends
  Vector.random_unique_vector(count, [(low, high), ...])        # list of vectors, one range a dimension, no vector twice
  Vector.random_repeatable_vector(count, [(low, high), ...])    # the same, with repetition
  constants: ALPHABET_SMALL, ALPHABET_CAPITAL, ALPHABET, NUMBERS, PI, E

Strings
  String.random(length, charset="abc")              # length may be a pair (least, most); default: small letters
  String.random_sentence(words), String.random_paragraph(sentences), String.random_regular(r"[a-c]{3}\d")

Graphs: vertices are 1 .. n
  Graph.graph(n, m, directed=False, self_loop=False, repeated_edges=False, weight_limit=(low, high))
  Graph.connected(n, m), Graph.forest(n, trees)
  Graph.tree(n, chain, flower, weight_limit=(low, high))    # shares of a chain and of a star, 0 to 1, together at most 1
  Graph.chain(n), Graph.flower(n), Graph.binary_tree(n)
  Graph.DAG(n, m), Graph.UDAG(n, m)                         # connected; directed without cycles, and undirected
  io.input_writeln(graph)                                   # one line "u v w" an edge
  graph.to_str(output=Edge.unweighted_edge, shuffle=True)   # lines "u v", vertices renamed and edges shuffled
  graph.iterate_edges()                                     # edges with .start, .end, .weight

Sequences
  Sequence(lambda i, f: f(i - 1) + 2, [1]).get(0, 9)        # values by a formula"""

TASK = """Write a test-case generator in Python for the problem below, with CYaRon or with plain `random`.

- The script is run {count} times, once for each test case, and makes exactly ONE input each time: either to the standard
  output or to one file `case.in`.
- `sys.argv[1]` is the number of the case, from 1 to {count}. `random` has been seeded for it: set no seed yourself.
- Keep to the limits of the statement. The early cases are the smallest and the special ones (least sizes, equal values, extremes); the
  later ones are random and grow. An input has at most {input_kb} KiB.
- Do not solve the problem, and write no expected output.

Answer with the script in one ```python block."""


def generator_prompt(statement: str, count: int, input_kb: int) -> tuple[Message, ...]:
    """CYaRon's usage, the task, the statement."""
    text = f"{CYARON_USAGE}\n\n{TASK.format(count=count, input_kb=input_kb)}\n\n# The problem\n\n{statement}\n"
    return (user(Part(text=text)),)


_WRITES = re.compile(r"\bprint\s*\(|\bIO\s*\(|\.write(?:lines)?\s*\(|\binput_write(?:ln)?\s*\(")
_STARTS = re.compile(r"^\s*(?:from|import)\s+\w", re.MULTILINE)


def extract_script(answer: str) -> str | None:
    """The last block of Python in a model's answer that writes something; the whole text where it is a bare script. None if neither.

    Nothing is parsed here: whether it is Python is found out in the sandbox.
    """
    texts, origin = candidates(answer, fence_tags("python"))
    if origin is Origin.RAW:
        texts = [text for text in texts if _STARTS.search(text)]
    return next((text for text in texts if _WRITES.search(text)), None)


class EngineGenerators(StrictModel):
    """Generators written by a model. `tries` answers for each problem; the first script that makes enough inputs is used."""

    sampler: SamplerConfig
    samples: Path = Field(description="folder where samples are kept, so that none is made twice")
    tries: int = Field(default=1, ge=1)
    seed: int = 0


Draw = Callable[[SamplerConfig, Sequence[Request], Mapping[str, bytes], Any, int], "Iterator[tuple[Sample, ...]]"]


def write_generators(
    problems: Sequence[CodeProblem], engine: EngineGenerators, count: int, input_kb: int, draw_samples: Draw = draw
) -> dict[str, tuple[list[str], str]]:
    """Problem -> (scripts to try, in the order of the samples; why there is none)."""
    requests = [Request.of(generator_prompt(problem.statement, count, input_kb), engine.tries) for problem in problems]
    found: dict[str, tuple[list[str], str]] = {}
    drawn = draw_samples(engine.sampler, requests, {}, SampleStore(engine.samples), engine.seed)
    for problem, samples in zip(problems, drawn, strict=True):
        scripts = [script for sample in samples if (script := extract_script(sample.text)) is not None]
        cut = sum(sample.truncated for sample in samples)
        said = f"{len(samples)} answers of the model hold no generator script" + (f", {cut} of them were cut off" if cut else "")
        found[problem.slug] = (list(dict.fromkeys(scripts)), "" if scripts else said)
    return found
