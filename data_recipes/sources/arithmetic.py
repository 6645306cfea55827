"""Arithmetic chains as text, and as a picture of that text; and list questions as text only.

`rendered`: one question in two forms that share a `pair_id`, so that answers can be compared across forms
(section 2.3.5: text-rendered data). `text`: chains and lists as text only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_recipes.problem import Problem, Solution
from data_recipes.sources.base import Candidate, Generator, generator
from data_recipes.sources.cot import Process, Thoughts, addition_steps, pick_process, solutions, split_step
from data_recipes.sources.lists import COUNT, LARGEST, SORT, SUM, draw_numbers, list_grade, list_task
from multimodal.images import encode_png, image_digest
from multimodal.messages import Message, Part, user
from openk15.seeds import digest
from rewards.verdict import Answer

CELL, CHARACTER = 28, 14  # pixels; a character is half a cell wide
LICENCE = "Apache-2.0 (generated)"
QUESTION = "Work it out."


def chain(random: np.random.Generator) -> tuple[list[int], list[str]]:
    """Operands and signs of a chain whose results all lie in 0..99."""
    while True:
        count = int(random.choice([2, 3, 4], p=[0.4, 0.4, 0.2]))
        operands = [int(value) for value in random.integers(1, 20 if random.random() < 0.3 else 10, size=count)]
        signs = [str(sign) for sign in random.choice(["+", "-"], p=[0.6, 0.4], size=count - 1)]
        results = np.cumsum([operands[0]] + [value if sign == "+" else -value for sign, value in zip(signs, operands[1:], strict=True)])
        if results.min() >= 0 and results.max() < 100:
            return operands, signs


def expression(operands: list[int], signs: list[str]) -> str:
    return " ".join([str(operands[0])] + [f"{sign} {value}" for sign, value in zip(signs, operands[1:], strict=True)])


def chain_steps(operands: list[int], signs: list[str]) -> tuple[list[str], int]:
    total, steps = operands[0], []
    for sign, value in zip(signs, operands[1:], strict=True):
        after = total + value if sign == "+" else total - value
        steps.append(f"{total} {sign} {value} = {after} .")
        total = after
    return steps, total


def chain_grade(operands: list[int], signs: list[str]) -> int:
    """1..5: by the number of operations, one more with a number of two digits."""
    return min(5, len(signs) + (max(operands) > 9))


def _chain_thoughts(operands: list[int], signs: list[str], random: np.random.Generator) -> tuple[Thoughts, int]:
    steps, result = chain_steps(operands, signs)
    at = int(random.integers(len(steps)))
    left, _, right = steps[at].partition(" = ")
    off = int(right.split()[0]) + int(random.choice([1, 2, 10]))
    seen = f"I read {expression(operands, signs)} ."
    check, other = _chain_check(operands, signs, result), _other_way(operands, signs, result)
    return Thoughts("read , then go from left to right .", seen, tuple(steps), (at, f"{left} = {off} ."), check, other), result


def _chain_check(operands: list[int], signs: list[str], result: int) -> str:
    """Undo the last step."""
    before, last = chain_steps(operands[:-1], signs[:-1])[1], operands[-1]
    return f"{result} {'-' if signs[-1] == '+' else '+'} {last} = {before} ."


def _other_way(operands: list[int], signs: list[str], result: int) -> str:
    """The same result in another order; empty where there is no other order worth writing."""
    first, last = operands[0], operands[-1]
    if signs[-1] == "+":
        return f"{last} + {result - last} = {result} ." if operands != [last, last] else ""
    if len(operands) == 2:
        return split_step(first, last)
    added = [first, *(value for sign, value in zip(signs, operands[1:], strict=True) if sign == "+")]
    taken = [value for sign, value in zip(signs, operands[1:], strict=True) if sign == "-"]
    if len(taken) > 1:
        return " ".join([*addition_steps(added), *addition_steps(taken), f"{sum(added)} - {sum(taken)} = {result} ."])
    rest = added[1:]
    return " ".join(chain_steps([first, last, *rest], ["-", *"+" * len(rest)])[0]) if first >= last else ""


@cache
def _font() -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"), 21)


def render(text: str, random: np.random.Generator) -> bytes:
    """One line of text, each character in a cell of its own; the width is a multiple of CELL."""
    width = -(-len(text) * CHARACTER // CELL) * CELL
    paper = tuple(int(value) for value in 255 - random.uniform(0, 30, size=3))
    ink = tuple(int(value) for value in random.uniform(0, 80, size=3))
    image = Image.new("RGB", (width, CELL), paper)
    draw = ImageDraw.Draw(image)
    down = float(random.uniform(-1.5, 1.5))
    for place, character in enumerate(text):
        draw.text((place * CHARACTER + CHARACTER / 2, CELL / 2 + down), character, font=_font(), fill=ink, anchor="mm")
    pixels = np.asarray(image, dtype=np.float32) + random.normal(0, 4, size=(CELL, width, 1))
    return encode_png(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))


def _problem(
    message: Message, answer: Answer, worked: tuple[Solution, ...], process: Process | None, pair: str | None, made: str, **tags: str
) -> Problem:
    shared = {"domain": "arithmetic", "discipline": "mathematics", "question_type": "open", "language": "en", "licence": LICENCE}
    return Problem((message,), answer, {**shared, **tags, "process": str(process or "none")}, worked, lineage=(made,), pair_id=pair)


class RenderedArithmetic(Generator):
    name = "rendered"
    licence = LICENCE
    note = "Each expression comes as text and as a picture of the text, with one `pair_id`; a held-out one is in train in neither form."
    problems_per_candidate = 2

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        operands, signs = chain(random)
        text = expression(operands, signs)
        thoughts, result = _chain_thoughts(operands, signs, random)
        worked, process = solutions(thoughts, str(result), pick_process(random))
        picture = render(text.replace(" ", ""), random)
        name = image_digest(picture)
        made = f"source {self.name}: {split} {index}, expression {text}"
        tags = {"grade": str(chain_grade(operands, signs)), "source": self.name, "category": "text-rendered"}
        answer = Answer("number", str(result))
        pair = digest("pair", text)
        as_picture = user(Part(image=name), Part(text=QUESTION))
        as_text = user(Part(text=f"{QUESTION} {text}"))
        return Candidate(
            (
                _problem(as_picture, answer, worked, process, pair, made, **tags, modality="image-text", template="rendered/image"),
                _problem(as_text, answer, worked, process, pair, made, **tags, modality="text", template="rendered/text"),
            ),
            {name: picture},
            (f"expression:{text}",),
        )


class TextArithmetic(Generator):
    name = "text"
    licence = LICENCE
    note = "Expressions and lists as text only; a held-out one is never a training one, and a chain not a picture of training either."
    problems_per_candidate = 1

    def make(self, split: str, index: int, seed: int) -> Candidate:
        random = generator(self.name, split, index, seed)
        task = str(random.choice(["chain", SUM, LARGEST, SORT, COUNT], p=[0.4, 0.15, 0.15, 0.15, 0.15]))
        if task == "chain":
            operands, signs = chain(random)
            text = expression(operands, signs)
            thoughts, result = _chain_thoughts(operands, signs, random)
            question, answer, grade, key = f"{QUESTION} {text}", Answer("number", str(result)), chain_grade(operands, signs), text
        else:
            numbers, wanted = draw_numbers(task, int(random.integers(3, 7)), random)
            listed = " ".join(map(str, numbers))
            made = list_task(task, numbers, f"I read {listed} .", random, wanted)
            question, answer, thoughts = f"{made.question} {listed}", made.answer, made.thoughts
            grade, key = list_grade(task, len(numbers)), f"{made.question} {listed}"
        worked, process = solutions(thoughts, answer.reference, pick_process(random))
        tags = {"grade": str(grade), "source": self.name, "category": "text", "modality": "text", "template": f"text/{task}"}
        problem = _problem(user(Part(text=question)), answer, worked, process, None, f"source {self.name}: {split} {index}, {key}", **tags)
        return Candidate((problem,), {}, (f"expression:{key}",))
