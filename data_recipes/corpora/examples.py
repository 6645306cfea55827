"""Supervised examples: questions and answers out of documentation, exercises over real tables, small programs with tests,
conversations about pictures, pictures to be written down as text or as code, a few short pieces of creative writing of ours (Apache-2.0).

Out: records for the `jsonl` source. Right answers are computed, never written by hand.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import groupby, islice, pairwise
from typing import Any

from data_recipes.corpora.docstrings import ENGLISH, PSF, english, summaries
from data_recipes.corpora.pictures import HANDWRITING_LICENCE, OWN_LICENCE, drawings, page, sheets
from openk15.seeds import derive_seed

Record = dict[str, Any]
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")

CREATIVE = (
    ("Write a four-line poem about the first frost.",
     "The garden held its breath last night;\nby dawn each blade was edged in white.\nThe late rose wore a crown of glass\n"
     "and would not let the morning pass."),
    ("Begin a short story with a letter that arrives forty years late. Two sentences.",
     "The postman apologised for the delay as if it had been an hour. My mother turned the envelope over twice before she noticed that the "
     "handwriting was her own."),
    ("Describe the sea to someone who has lived all their life in a desert. Three sentences.",
     "You know how the dunes move, a grain at a time, so slowly that only the years can see it. The sea is a dune that cannot wait. "
     "It arrives, it thinks better of it, it goes back, and it has been doing so since before there was sand."),
    ("Write a haiku about a railway station at night.", "Last train, then silence.\nA paper cup rolls in half\na circle, and stops."),
    ("Write a toast for a colleague who retires after thirty years as a bus driver. Two or three sentences.",
     "For thirty years you have taken people where they wanted to go, and waited for the ones who ran. Tonight you may miss the bus. "
     "To Marta, who never left anyone standing in the rain."),
    ("Invent a proverb and explain it in one sentence.",
     "\"Who counts the stairs is not yet home.\" As long as we measure the effort, we have not arrived at what it was for."),
    ("Write a dialogue of four lines between a clock and the one who winds it.",
     "Clock: You are late.\nHand: You noticed.\nClock: It is all I do.\nHand: Then let me give you another week of it."),
    ("Write the opening line of a detective story set in a bakery.",
     "At four in the morning the only suspects were the baker, the cat, and the dough, and the dough had risen to the occasion."),
)  # fmt: skip


def creative_writing() -> Iterator[Record]:
    for number, (question, answer) in enumerate(CREATIVE):
        yield {"id": f"creative-{number}", "question": question, "answer": answer, "licence": OWN_LICENCE}


def general_qa(count: int) -> Iterator[Record]:
    """What a function or class of Python's standard library does, in the words of its documentation."""
    for module, entry in islice(summaries(), count):
        asked = (
            f"What does `{entry.signature}` in Python's `{module}` module do?"
            if "(" in entry.signature
            else f"What is `{module}.{entry.name}` in Python?"
        )
        paragraphs = entry.doc.split("\n\n")
        answer = "\n\n".join(paragraphs[: 1 if len(paragraphs[0]) > 150 else 2])
        yield {"id": f"qa-{module}.{entry.name}", "question": asked, "answer": answer, "licence": PSF}


def long_context(count: int, seed: int) -> Iterator[Record]:
    """Documentation of a whole module, and which of its entries a sentence is about."""
    modules = [list(found) for _, found in groupby(summaries(ENGLISH), key=lambda item: item[0])]
    long = [found for found in modules if len(found) >= 8]
    for number in range(count if long else 0):
        draw = random.Random(derive_seed("corpora", "long_context", seed, number))
        found = draw.choice(long)
        shown = found if len(found) <= 24 else draw.sample(found, 24)
        firsts = [entry.doc.partition("\n\n")[0] for _, entry in shown]
        unique = [at for at, first in enumerate(firsts) if firsts.count(first) == 1]
        if not unique:
            continue
        at = draw.choice(unique)
        pages = "\n\n".join(f"## {module}.{entry.name}\n\n{entry.doc[:1500]}" for module, entry in shown)
        sentence = " ".join(firsts[at].split())
        name = f"{shown[at][0]}.{shown[at][1].name}"
        asked = f'{pages}\n\nWhich entry above is described by "{sentence}"? Answer with its name, as it stands in the heading.'
        yield {"id": f"long-{number}", "question": asked, "answer": name, "solution": f"\\boxed{{{name}}}", "licence": PSF}


def math_science(count: int, seed: int) -> Iterator[Record]:
    """Means, ranges and differences over rows of real measurements (iris, wine)."""
    from sklearn.datasets import load_iris, load_wine

    tables: list[tuple[str, Any]] = [("iris flowers", load_iris()), ("Italian wines", load_wine())]
    for number in range(count):
        draw = random.Random(derive_seed("corpora", "math_science", seed, number))
        what, data = draw.choice(tables)
        column = draw.randrange(len(data["feature_names"]))
        feature = str(data["feature_names"][column]).replace("_", " ")
        values = [round(float(row[column]), 2) for row in draw.sample(list(data["data"]), draw.randint(4, 8))]
        kind, found = draw.choice(_SUMMARIES)
        listed = ", ".join(f"{value:g}" for value in values)
        asked = f"For {len(values)} {what} the {feature} was measured: {listed}. What is the {kind} of these values? Round to two decimals."
        yield {"id": f"table-{number}", "question": asked, "answer": f"{found(values):.2f}", "licence": "CC-BY-4.0"}


_SUMMARIES: tuple[tuple[str, Callable[[list[float]], float]], ...] = (
    ("mean", lambda values: sum(values) / len(values)),
    ("range (largest minus smallest)", lambda values: max(values) - min(values)),
    ("sum", sum),
    ("difference between the first and the last", lambda values: abs(values[0] - values[-1])),
)

_PROGRAMS: tuple[tuple[str, Callable[[list[int], int], object]], ...] = (
    ("the sum of those that are divisible by {k}", lambda values, k: sum(value for value in values if value % k == 0)),
    ("how many of them are greater than {k}", lambda values, k: sum(value > k for value in values)),
    ("each of them multiplied by {k}, in order and separated by blanks", lambda values, k: " ".join(str(value * k) for value in values)),
    ("the remainder of their sum when divided by {k}", lambda values, k: sum(values) % k),
    ("the largest of them that is not divisible by {k}, or 0 if there is none",
     lambda values, k: max((value for value in values if value % k), default=0)),
    ("how many pairs of neighbours differ by at most {k}",
     lambda values, k: sum(abs(left - right) <= k for left, right in pairwise(values))),
    ("the number of different remainders that they leave when divided by {k}", lambda values, k: len({value % k for value in values})),
    ("them sorted by their remainder when divided by {k}, equal remainders by size, separated by blanks",
     lambda values, k: " ".join(map(str, sorted(values, key=lambda value: (value % k, value))))),
)  # fmt: skip


def code(count: int, seed: int) -> Iterator[Record]:
    """Small programs over a line of whole numbers; what each test must print is computed here."""
    wanted = [(what, find, k) for k in range(2, 2 + -(-count // len(_PROGRAMS))) for what, find in _PROGRAMS]
    for number, (what, find, k) in enumerate(wanted[:count]):
        tests = []
        for case in range(5):
            draw = random.Random(derive_seed("corpora", "code", seed, number, case))
            values = [draw.randint(1, 99) for _ in range(draw.randint(3, 9))]
            tests.append({"stdin": " ".join(map(str, values)) + "\n", "stdout": f"{find(values, k)}\n"})
        given = "one line of whole numbers between 1 and 99, separated by blanks"
        asked = f"Write a Python program that reads {given}, and prints {what.format(k=k)}."
        yield {"id": f"program-{number}", "question": asked, "tests": tests, "licence": OWN_LICENCE}


def ocr(count: int) -> Iterator[tuple[Record, bytes]]:
    """A paragraph of documentation as a picture, to be written down."""
    texts = (text for one in english() for text in one.text.split("\n\n") if 60 <= len(text) <= 600)
    for number, text in enumerate(islice(dict.fromkeys(texts), count)):
        record = {"id": f"ocr-{number}", "question": "Write down the text in this picture, line by line.", "answer": text}
        yield {**record, "image": f"pictures/ocr-{number}.png", "licence": PSF}, page(text)


def grounded_conversations(count: int, seed: int) -> Iterator[tuple[Record, bytes]]:
    """Two turns about two rows of handwritten digits."""
    for number, sheet in enumerate(sheets(count, seed, "talk")):
        draw = random.Random(derive_seed("corpora", "talk-question", seed, number))
        at = draw.randrange(len(sheet.digits))
        turns = [
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What do you see in this picture?"}]},
            {"role": "assistant", "content": sheet.caption("en")},
            {"role": "user", "content": f"In reading order, which digit is the {PLACES[at]}?"},
        ]
        record = {"id": f"talk-{number}", "question": turns, "answer": f"The {PLACES[at]} digit is {sheet.digits[at]}."}
        yield {**record, "image": f"pictures/{sheet.name}.png", "licence": HANDWRITING_LICENCE}, sheet.picture


def visual_coding(count: int, seed: int) -> Iterator[tuple[Record, bytes]]:
    """A drawing, and the SVG code that draws it."""
    for number, drawing in enumerate(drawings(count, seed, "coded")):
        asked = f"Write SVG code that draws this picture, {drawing.side} pixels wide and high."
        record = {"id": f"svg-{number}", "question": asked, "answer": f"```svg\n{drawing.svg()}\n```"}
        yield {**record, "image": f"pictures/{drawing.name}.png", "licence": OWN_LICENCE}, drawing.png()
