r"""How worked solutions are phrased: thoughts in small steps, then `\boxed{answer}`.

    <think> I see 3 5 2 . 3 + 5 = 8 . 8 + 2 = 10 . </think> \boxed{10}

A share of the solutions also shows one of the four cognitive processes of the long-CoT warm-up (section 2.2,
K16): planning (outline first), evaluation (check a step), reflection (a wrong step, noticed and corrected),
exploration (another way to the same answer).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from data_recipes.problem import Solution


class Process(StrEnum):
    PLANNING = "planning"
    EVALUATION = "evaluation"
    REFLECTION = "reflection"
    EXPLORATION = "exploration"


PROCESS_SHARE = 0.1  # of the solutions, for each process


@dataclass(frozen=True)
class Thoughts:
    """The parts from which a reasoned solution is put together; each part is one or more short sentences."""

    plan: str  # "read , then add ."
    seen: str  # what is given, transcribed
    steps: tuple[str, ...]  # from the transcript to the answer
    wrong_step: tuple[int, str] | None = None  # (index of a step, a wrong version of it)
    check: str = ""  # confirms the last step
    other_way: str = ""  # reaches the answer differently


def pick_process(random: np.random.Generator) -> Process | None:
    place = int(random.random() / PROCESS_SHARE)
    processes = list(Process)
    return processes[place] if place < len(processes) else None


def solutions(thoughts: Thoughts, answer: str, process: Process | None) -> tuple[tuple[Solution, ...], Process | None]:
    """(reasoned, direct) solutions, and the process that is really shown (None if this task has no such part)."""
    steps = list(thoughts.steps)
    shown: Process | None = None
    before, after = "", ""
    if process is Process.PLANNING:
        before, shown = f"plan : {thoughts.plan} ", process
    elif process is Process.EVALUATION and thoughts.check:
        after, shown = f" check : {thoughts.check}", process
    elif process is Process.EXPLORATION and thoughts.other_way:
        after, shown = f" another way : {thoughts.other_way}", process
    elif process is Process.REFLECTION and thoughts.wrong_step:
        at, wrong = thoughts.wrong_step
        steps[at], shown = f"{wrong} wait , {steps[at]}", process
    body = " ".join(part for part in (thoughts.seen, *steps) if part)
    reasoned = f"<think> {before}{body}{after} </think> \\boxed{{{answer}}}"
    return (Solution(reasoned, "reasoned"), Solution(f"\\boxed{{{answer}}}", "direct")), shown


def addition_steps(numbers: Sequence[int]) -> list[str]:
    """3 5 2 -> "3 + 5 = 8 .", "8 + 2 = 10 ."; empty for a single number."""
    total, steps = numbers[0], []
    for number in numbers[1:]:
        steps.append(f"{total} + {number} = {total + number} .")
        total += number
    return steps


def wrong_addition(numbers: Sequence[int], random: np.random.Generator) -> tuple[int, str] | None:
    """A step of `addition_steps` with a result that is off by one or two."""
    if len(numbers) < 2:
        return None
    at = int(random.integers(len(numbers) - 1))
    left, right = sum(numbers[: at + 1]), numbers[at + 1]
    result = max(0, left + right + int(random.choice([-2, -1, 1, 2])))
    if result == left + right:
        result += 1
    return at, f"{left} + {right} = {result} ."


def split_step(left: int, right: int) -> str:
    """Take `right` off `left` in two goes; nothing for a `right` that cannot be split."""
    if right < 2:
        return ""
    first = 10 if right > 10 else right // 2
    return f"{left} - {first} = {left - first} . {left - first} - {right - first} = {left - right} ."


def selection_sort_steps(numbers: Sequence[int]) -> list[str]:
    """Take the smallest of what is left, again and again."""
    left, steps = list(numbers), []
    while left:
        smallest = min(left)
        left.remove(smallest)
        steps.append(f"take {smallest} left {' '.join(map(str, left))} ." if left else f"take {smallest} .")
    return steps


def largest_steps(numbers: Sequence[int]) -> list[str]:
    best, steps = numbers[0], []
    for number in numbers[1:]:
        sign = ">" if number > best else "<" if number < best else "="
        best = max(best, number)
        steps.append(f"{number} {sign} so {best} .")
    return steps


def count_steps(numbers: Sequence[int], wanted: int) -> list[str]:
    count, steps = 0, []
    for number in numbers:
        count += number == wanted
        steps.append(f"{number} yes {count} ." if number == wanted else f"{number} no .")
    return [*steps, f"so {count} ."]
