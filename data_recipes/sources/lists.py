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

MOST_COPIES = 3  # of the digit to be counted
NO_COPY = 0.2  # share of counting questions whose answer is 0
SUM, RUNNING_SUM, LARGEST, COUNT, SORT = "sum", "running_sum", "largest", "count_digit", "sort"


@dataclass(frozen=True)
class ListTask:
    question: str
    answer: Answer
    thoughts: Thoughts


def draw_numbers(task: str, count: int, random: np.random.Generator) -> tuple[list[int], int | None]:
    """`count` digits for `task`, and the digit to count if that is the task.

    Where digits drawn at random would make one answer the usual one (9 is the largest of most lists, most
    digits appear once), the answer is drawn first, evenly, and the digits are drawn around it.
    """
    if task == COUNT:
        wanted = int(random.integers(10))
        copies = 0 if random.random() < NO_COPY else int(random.integers(1, min(count, MOST_COPIES) + 1))
        others = [int(number) + (number >= wanted) for number in random.integers(9, size=count - copies)]
        return [int(number) for number in random.permutation([wanted] * copies + others)], wanted
    if task == LARGEST:
        top = int(random.integers(1, 10))
        return [int(number) for number in random.permutation([top, *random.integers(0, top + 1, size=count - 1)])], None
    return [int(number) for number in random.integers(0, 10, size=count)], None


def list_task(task: str, numbers: Sequence[int], seen: str, random: np.random.Generator, wanted: int | None = None) -> ListTask:
    """Question, answer and worked steps for `task` on `numbers`; `seen` is the transcript that opens the thoughts."""
    listed = tuple(numbers)
    if task == SUM:
        return _sum(listed, seen, random)
    if task == RUNNING_SUM:
        return _running_sum(listed, seen, random)
    if task == LARGEST:
        return _largest(listed, seen, random)
    if task == COUNT and wanted is not None:
        return _count(listed, seen, random, wanted)
    if task == SORT:
        return _sort(listed, seen, random)
    raise ValueError(f"unknown list task {task!r} (wanted={wanted})")


def _sum(listed: tuple[int, ...], seen: str, random: np.random.Generator) -> ListTask:
    total, last = sum(listed), listed[-1]
    thoughts = Thoughts(
        "read , then add .",
        seen,
        tuple(addition_steps(listed)),
        wrong_addition(listed, random),
        check=f"{total} - {last} = {total - last} .",
        other_way=" ".join(addition_steps(listed[::-1])) if listed != listed[::-1] else "",
    )
    return ListTask("Add the digits.", Answer("number", str(total)), thoughts)


def _running_sum(listed: tuple[int, ...], seen: str, random: np.random.Generator) -> ListTask:
    sums = [int(value) for value in np.cumsum(listed)]
    wrong = wrong_addition(listed, random)
    back = [f"{high} - {number} = {low} ." for low, high, number in zip(sums, sums[1:], listed[1:], strict=False)]
    thoughts = Thoughts(
        "read , then add one by one .",
        seen,
        (f"{listed[0]} .", *addition_steps(listed)),
        (wrong[0] + 1, wrong[1]) if wrong else None,
        check=back[-1],
        other_way=f"from the end {sums[-1]} . {' '.join(back[::-1])}",
    )
    return ListTask("Running sum of the digits.", Answer("number_list", ", ".join(map(str, sums))), thoughts)


def _largest(listed: tuple[int, ...], seen: str, random: np.random.Generator) -> ListTask:
    top = max(listed)
    steps = (f"{listed[0]} .", *largest_steps(listed))
    flips = [(at, _wrongly_compared(listed, at)) for at in range(1, len(listed)) if listed[at] != max(listed[:at])]
    descending = " ".join(map(str, sorted(listed, reverse=True)))
    thoughts = Thoughts(
        "read , then compare .",
        seen,
        steps,
        flips[int(random.integers(len(flips)))] if flips else None,
        check=f"no digit > {top} .",
        other_way=f"largest first {descending} . so {top} .",
    )
    return ListTask("Which digit is the largest?", Answer("number", str(top)), thoughts)


def _wrongly_compared(listed: tuple[int, ...], at: int) -> str:
    """Step `at` of `largest_steps` with the comparison the wrong way round."""
    number, best = listed[at], max(listed[:at])
    return f"{number} < so {best} ." if number > best else f"{number} > so {number} ."


def _count(listed: tuple[int, ...], seen: str, random: np.random.Generator, wanted: int) -> ListTask:
    count, total = listed.count(wanted), len(listed)
    steps = tuple(count_steps(listed, wanted))
    at = int(random.integers(total))
    before = listed[:at].count(wanted)
    wrong = f"{listed[at]} no ." if listed[at] == wanted else f"{listed[at]} yes {before + 1} ."
    thoughts = Thoughts(
        "read , then count .",
        seen,
        steps,
        (at, wrong),
        check=f"others {total - count} . {total} - {total - count} = {count} .",
        other_way=f"from the end {' '.join(count_steps(listed[::-1], wanted))}",
    )
    return ListTask(f"How many times does {wanted} appear?", Answer("number", str(count)), thoughts)


def _sort(listed: tuple[int, ...], seen: str, random: np.random.Generator) -> ListTask:
    ascending = sorted(listed)
    descending = " ".join(map(str, ascending[::-1]))
    wrong = None
    places = [at for at in range(len(ascending)) if ascending[at] != ascending[-1]]
    if places:  # take a number that is not the smallest of what is left
        at = places[int(random.integers(len(places)))]
        larger = [number for number in ascending[at:] if number > ascending[at]]
        wrong = (at, f"take {larger[int(random.integers(len(larger)))]} .")
    thoughts = Thoughts(
        "read , then take the smallest each time .",
        seen,
        tuple(selection_sort_steps(listed)),
        wrong,
        check=" ".join(f"{low} {'<' if low < high else '='} {high} ." for low, high in pairwise(ascending)),
        other_way=f"largest first {descending} . turned round {' '.join(map(str, ascending))} .",
    )
    return ListTask("Sort the digits.", Answer("number_list", ", ".join(map(str, ascending))), thoughts)


def list_grade(task: str, count: int) -> int:
    """1..5: one more for every further item from the third on, one more for answers that are lists."""
    return min(5, max(1, count - 1 + (task in (RUNNING_SUM, SORT))))
