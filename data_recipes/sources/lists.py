"""Questions about a list of small numbers, however the list is shown: as handwriting or as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data_recipes.sources.cot import (
    Thoughts,
    addition_steps,
    count_steps,
    largest_steps,
    selection_sort_steps,
    wrong_addition,
)
from rewards.verdict import Answer

SUM, RUNNING_SUM, LARGEST, COUNT, SORT = "sum", "running_sum", "largest", "count_digit", "sort"


@dataclass(frozen=True)
class ListTask:
    question: str
    answer: Answer
    thoughts: Thoughts


def list_task(task: str, numbers: Sequence[int], seen: str, random: np.random.Generator, wanted: int | None = None) -> ListTask:
    """Question, answer and worked steps for `task` on `numbers`; `seen` is the transcript that opens the thoughts."""
    listed = tuple(numbers)
    if task == SUM:
        backwards = addition_steps(listed[::-1])
        last = listed[-1]
        thoughts = Thoughts(
            "read , then add .",
            seen,
            tuple(addition_steps(listed)),
            wrong_addition(listed, random),
            check=f"{sum(listed)} - {last} = {sum(listed) - last} .",
            other_way=" ".join(backwards),
        )
        return ListTask("Add the digits.", Answer("number", str(sum(listed))), thoughts)
    if task == RUNNING_SUM:
        sums = [str(value) for value in np.cumsum(listed)]
        thoughts = Thoughts(
            "read , then add one by one .",
            seen,
            (f"{listed[0]} .", *addition_steps(listed)),
            _shifted(wrong_addition(listed, random)),
            check=f"{sums[-1]} - {listed[-1]} = {int(sums[-1]) - listed[-1]} .",
        )
        return ListTask("Running sum of the digits.", Answer("number_list", ", ".join(sums)), thoughts)
    if task == LARGEST:
        thoughts = Thoughts(
            "read , then compare .",
            seen,
            (f"{listed[0]} .", *largest_steps(listed)),
            check=f"no digit > {max(listed)} .",
            other_way=" ".join(selection_sort_steps(listed)),
        )
        return ListTask("Which digit is the largest?", Answer("number", str(max(listed))), thoughts)
    if task == COUNT:
        assert wanted is not None
        count = listed.count(wanted)
        thoughts = Thoughts(
            "read , then count .", seen, tuple(count_steps(listed, wanted)), check=" ".join(count_steps(listed[::-1], wanted))
        )
        return ListTask(f"How many times does {wanted} appear?", Answer("number", str(count)), thoughts)
    if task == SORT:
        ordered = ", ".join(str(number) for number in sorted(listed))
        thoughts = Thoughts(
            "read , then take the smallest each time .",
            seen,
            tuple(selection_sort_steps(listed)),
            check=" ".join(f"{low} < {high} ." if low < high else f"{low} = {high} ." for low, high in _neighbours(sorted(listed))),
        )
        return ListTask("Sort the digits.", Answer("number_list", ordered), thoughts)
    raise ValueError(f"unknown list task {task!r}")


def _shifted(wrong: tuple[int, str] | None) -> tuple[int, str] | None:
    return (wrong[0] + 1, wrong[1]) if wrong else None


def _neighbours(numbers: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(numbers))


def wanted_digit(numbers: Sequence[int], random: np.random.Generator) -> int:
    """A digit to count: mostly one that is there, so that 0 is not the usual answer."""
    return int(random.choice(numbers)) if random.random() < 0.8 else int(random.integers(10))


def list_grade(task: str, count: int) -> int:
    """1..5: one more for every further item from the third on, one more for answers that are lists."""
    return min(5, max(1, count - 1 + (task in (RUNNING_SUM, SORT))))
