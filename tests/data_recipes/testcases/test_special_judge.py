"""Which statements accept more than one output, each with a counter-example of the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_recipes.testcases.problems import problem_folders
from data_recipes.testcases.special_judge import special_judge

NEEDS = [
    ("Find a path. If there are several solutions, print any of them.", "any answer"),
    ("If there are multiple answers, output any.", "any answer"),
    ("Print any valid colouring.", "any answer"),
    ("Output any such pair of indices.", "any answer"),
    ("Print any.", "any answer"),
    ("Any correct answer will be accepted.", "any answer"),
    ("You may print any of the shortest ones.", "any answer"),
    ("If there is more than one optimal plan, any of them is accepted.", "any answer"),
    ("Print any shortest path.", "any answer"),
    ("There may be multiple answers.", "several answers"),
    ("If there are several shortest paths, one of them is enough.", "several answers"),
    ("Print the numbers in any order.", "any order"),
    ("Return the list of\ntowns in arbitrary order.", "any order"),
    ("The absolute or relative error must not exceed 10^{-6}.", "tolerance"),
    ("Your answer is right if its error is at most 1e-9.", "tolerance"),
    ("Answers within 10^-4 of the judge's are accepted.", "tolerance"),
    ("Print the area with a precision of 0.0001.", "tolerance"),
    ("Print the distance as precisely as possible.", "tolerance"),
    ("This is an interactive problem.", "interactive"),
    ("Do not forget to flush the output.", "interactive"),
    ("A special judge checks the output.", "special judge"),
    ("如果有多组解，输出任意一组即可。", "any answer"),
    ("答案可以按任意顺序输出。", "any order"),
    ("误差不超过 10^-6 即视为正确。", "tolerance"),
    ("本题有 Special Judge。", "special judge"),
]
NEEDS_NOT = [
    "If there are several solutions, print the lexicographically smallest.",
    "If there are multiple answers, print the one with the smallest index.",
    "There may be multiple answers. Print the smallest of them.",
    "If there are several solutions, print how many there are.",
    "If there are several such pairs, print all of them in increasing order.",
    "If several runs are longest, take the one that comes first.",
    "It is guaranteed that the answer is unique.",
    "Does any of the numbers divide n? Print yes or no.",
    "Print yes if any two of them are equal.",
    "For any i, a_i is at most 100. Print the sum.",
    "The edges are given in any order. Print the length of the shortest path.",
    "Find the largest value if the operations may be performed in any order.",
    "Print the absolute difference of the two numbers.",
    "Print the relative order of the two words.",
    "Print the number of errors in the text; there are at most 100.",
    "Print the mean with exactly two digits after the point.",
    "There are several test cases. Print one line for each.",
    "Alice has several strings. Print the longest one.",
    "There are many ways to climb the stairs; print their number.",
    "Bob judges a special contest. Print his score.",
    "The words are separated by any number of blanks. Print them in sorted order.",
    "如果有多组解，输出字典序最小的一组。",
    "输出任务完成的最小代价。",
]


@pytest.mark.parametrize(("statement", "rule"), NEEDS)
def test_a_statement_with_several_right_outputs_needs_a_judge(statement: str, rule: str) -> None:
    found = special_judge(statement)
    assert found.needed
    assert found.rule == rule


@pytest.mark.parametrize("statement", NEEDS_NOT)
def test_a_statement_with_one_right_output_needs_none(statement: str) -> None:
    found = special_judge(statement)
    assert not found.needed, f"{found.rule}: {found.text!r}"


def test_the_evidence_is_the_text_at_its_span() -> None:
    statement = "Sum of 2.5 and more.\n\nPrint the towns\nin any order. Thanks."
    found = special_judge(statement)
    assert statement[found.start : found.end].replace("\n", " ") == found.text == "Print the towns in any order"
    assert found.to_measure()["span"] == [found.start, found.end]


def test_shipped_problems_are_told_apart(repo_root: Path) -> None:
    homes = problem_folders(repo_root / "recipes" / "code_problems")
    needed = {home.name for home in homes if special_judge((home / "statement.md").read_text("utf-8")).needed}
    assert needed == {"any-pair", "mean-distance"}
