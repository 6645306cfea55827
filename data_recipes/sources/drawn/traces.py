"""Small Python programs and what they print. Each is worked out beside its text, never by running the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from data_recipes.sources.drawn.asked import Asked
from data_recipes.sources.drawn.board import pick, shuffled
from data_recipes.sources.drawn.texts import Page
from rewards.verdict import Answer

QUESTION = "What does this program print?"
WORDS = ("lantern", "orchard", "compass", "harvest", "monsoon", "pyramid", "glacier", "thunder", "village", "whisper", "journey", "kitchen")
FRUIT = ("apple", "pear", "plum", "fig", "kiwi", "lime")


def _page(task: str, lines: list[str], printed: int | str, grade: int, why: str) -> Page:
    code = "\n".join(lines)
    answer = Answer("count", str(printed)) if isinstance(printed, int) else Answer("exact", [printed, f"'{printed}'"], {"case": "keep"})
    asked = Asked(task, QUESTION, answer, grade, "code tracing", why, str(printed))
    return Page("code", code, f"```python\n{code}\n```", asked)


def conditional_sum(random: np.random.Generator) -> Page:
    """A loop over a list that adds what passes a test."""
    numbers = [int(value) for value in random.integers(1, 40, size=int(random.integers(4, 8)))]
    divisor = int(random.integers(2, 5))
    other = int(random.integers(1, 4))
    total, seen = 0, []
    for number in numbers:
        total += number if number % divisor == 0 else other
        seen.append(str(total))
    lines = ["total = 0", f"for n in {numbers}:", f"    if n % {divisor} == 0:", "        total += n", "    else:"]
    return _page("conditional_sum", [*lines, f"        total += {other}", "print(total)"], total, 2, f"total becomes {', '.join(seen)}.")


def while_count(random: np.random.Generator) -> Page:
    """How many rounds until the number falls to the limit?"""
    steps = int(random.integers(3, 10))
    number, limit = int(random.integers(60, 400)), 0
    step = int(random.integers(3, 18))
    values = [number]
    for _ in range(steps):
        values.append(values[-1] // 2 if values[-1] % 2 == 0 else values[-1] - step)
    if min(values) <= 0 or len(set(values)) < len(values) or values[-1] >= min(values[:-1]):
        return while_count(random)
    limit = values[-1]
    lines = [f"n = {number}", "rounds = 0", f"while n > {limit}:", "    if n % 2 == 0:", "        n = n // 2", "    else:"]
    lines += [f"        n = n - {step}", "    rounds += 1", "print(rounds)"]
    return _page("while_count", lines, steps, 3, f"n goes {', '.join(map(str, values))}: {steps} rounds.")


def functions(random: np.random.Generator) -> Page:
    """Two functions, one inside the other."""
    a, b, c, x = (int(value) for value in random.integers(2, 10, size=4))
    inner = a * x + b
    outer = inner * inner - c if random.random() < 0.5 else (inner - c) * 3
    body = f"return x * x - {c}" if outer == inner * inner - c else f"return (x - {c}) * 3"
    lines = ["def f(x):", f"    return {a} * x + {b}", "", "def g(x):", f"    {body}", "", f"print(g(f({x})))"]
    if outer < 0:
        return functions(random)
    return _page("functions", lines, outer, 2, f"f({x}) = {a} · {x} + {b} = {inner}. g({inner}) = {outer}.")


def slicing(random: np.random.Generator) -> Page:
    """A word, cut and turned."""
    word = pick(random, WORDS)
    start, stop = int(random.integers(0, 3)), int(random.integers(5, 8))
    part = word[start:stop]
    turned = bool(random.random() < 0.5)
    printed = part[::-1] if turned else part.upper()
    lines = [f"word = '{word}'", f"part = word[{start}:{stop}]", "print(part[::-1])" if turned else "print(part.upper())"]
    return _page("slicing", lines, printed, 2, f"word[{start}:{stop}] is '{part}'. That gives '{printed}'.")


def nested_count(random: np.random.Generator) -> Page:
    """Pairs that pass a test, in two loops."""
    rows, columns, limit = (int(value) for value in random.integers(3, 10, size=3))
    counts = [sum(i + j > limit for j in range(columns)) for i in range(rows)]
    if not 0 < sum(counts) < rows * columns:
        return nested_count(random)
    lines = ["count = 0", f"for i in range({rows}):", f"    for j in range({columns}):", f"        if i + j > {limit}:"]
    why = f"For i = 0 to {rows - 1} there are {', '.join(map(str, counts))} such j: {sum(counts)}."
    return _page("nested_count", [*lines, "            count += 1", "print(count)"], sum(counts), 3, why)


def tally(random: np.random.Generator) -> Page:
    """How often a word is in a list, from a dictionary."""
    wanted, kinds = int(random.integers(1, 6)), shuffled(random, FRUIT)[:3]
    items = [kinds[0]] * wanted + [pick(random, kinds[1:]) for _ in range(int(random.integers(2, 5)))]
    items = shuffled(random, items)
    counts = Counter(items)
    add = int(random.integers(1, 30))
    lines = [f"basket = {items}", "seen = {}", "for item in basket:", "    seen[item] = seen.get(item, 0) + 1"]
    why = f"'{kinds[0]}' is there {counts[kinds[0]]} times. {counts[kinds[0]]} + {add} = {counts[kinds[0]] + add}."
    return _page("tally", [*lines, f"print(seen['{kinds[0]}'] + {add})"], counts[kinds[0]] + add, 3, why)


PROGRAMS: dict[str, Callable[[np.random.Generator], Page]] = {
    "conditional_sum": conditional_sum,
    "while_count": while_count,
    "functions": functions,
    "slicing": slicing,
    "nested_count": nested_count,
    "tally": tally,
}
