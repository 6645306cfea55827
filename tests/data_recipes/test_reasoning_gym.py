"""reasoning-gym: every task it has is offered or left out with a reason; what is offered is judged as its own scorer judges."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_recipes.sources.base import HELDOUT, TRAIN, Generator, get_source
from data_recipes.sources.reasoning_gym import answer_to
from data_recipes.sources.reasoning_gym_tasks import LEFT_OUT, TASKS
from openk15.errors import UserError
from rewards import Status, verify

SEEDS = (5, 6)


@pytest.fixture(scope="module")
def library() -> Any:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed")
    import reasoning_gym.factory

    return reasoning_gym.factory


def source(**options: Any) -> Generator:
    found = get_source("reasoning_gym", options)
    assert isinstance(found, Generator)
    return found


def test_every_task_is_offered_or_left_out(library: Any):
    assert set(library.DATASETS) == set(TASKS) | set(LEFT_OUT)
    assert not set(TASKS) & set(LEFT_OUT)
    assert len(TASKS) == 55


def wrong(answer: str) -> str:
    """Another answer of the same form."""
    at = next((place for place in range(len(answer) - 1, -1, -1) if answer[place].isalnum()), 0)
    other = str((int(answer[at]) + 1) % 10) if answer[at].isdecimal() else "z" if answer[at].lower() != "z" else "y"
    return answer[:at] + other + answer[at + 1 :]


def test_verifiers_judge_as_the_tasks_own_scorers_do(library: Any):
    for task in TASKS:
        for seed in SEEDS:
            dataset = library.create_dataset(task, seed=seed, size=1)
            entry = dataset[0]
            answer = answer_to(task, entry["answer"])
            assert dataset.score_answer(entry["answer"], entry) == 1.0
            assert verify(f"\\boxed{{{entry['answer']}}}", answer).status is Status.CORRECT, (task, entry["answer"])
            other = wrong(entry["answer"].strip())
            passes = verify(f"\\boxed{{{other}}}", answer).status is Status.CORRECT
            if task == "game_of_life_halting":  # its scorer takes any text for right
                assert not passes
            else:
                assert passes == (dataset.score_answer(other, entry) == 1.0), (task, entry["answer"], other)


def ids() -> list[list[str]]:
    """(task, id of one problem, discipline) of every task."""
    problems = {task: source(tasks={task: 1}).make(TRAIN, 3, 1).problems[0] for task in sorted(TASKS)}
    return [[task, problem.id, problem.tags["discipline"]] for task, problem in problems.items()]


@pytest.mark.slow
def test_no_task_depends_on_pythons_hash_seed(library: Any, repo_root: Path):
    code = f"import runpy; print('@', runpy.run_path({__file__!r})['ids']())"
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(repo_root)}
    made = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=600, check=True)
    here, there = ids(), ast.literal_eval(made.stdout.rpartition("@ ")[2])  # here the hash seed is another
    assert [one for one, other in zip(here, there, strict=True) if one != other] == []
    assert {discipline for _, _, discipline in here} >= {"algebra", "arithmetic", "logic", "games", "graphs"}


@pytest.mark.usefixtures("library")
def test_candidates_are_made_from_their_index_alone_and_tasks_by_weight():
    puzzles = source(tasks={"chain_sum": 3, "gcd": 1}, settings={"chain_sum": {"min_terms": 3, "max_terms": 3}})
    one = puzzles.make(TRAIN, 7, 1)
    puzzles.make(TRAIN, 8, 1)
    assert puzzles.make(TRAIN, 7, 1) == one
    assert len({puzzles.make(*which).problems[0].id for which in ((TRAIN, 7, 1), (TRAIN, 7, 2), (HELDOUT, 7, 1), (TRAIN, 9, 1))}) == 4
    problems = [puzzles.make(TRAIN, index, 0).problems[0] for index in range(200)]
    counts = Counter(problem.tags["template"] for problem in problems)
    assert 120 < counts["reasoning_gym/chain_sum"] < 180
    sums = [problem.messages[0].text for problem in problems if problem.tags["template"] == "reasoning_gym/chain_sum"]
    assert all(sum(text.count(f" {sign} ") for sign in "+-") == 2 for text in sums)
    assert all(verify(problem.solutions[0].text, problem.answer).status is Status.CORRECT for problem in problems[:20])
    assert {problem.tags["domain"] for problem in problems} == {"mathematics"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tasks": {"gsm_symbolic": 1}}, "'gsm_symbolic' is left out: it overlaps GSM8K's test set"),
        ({"tasks": {"rush_hour": 1}}, "'rush_hour' is left out: it has no reference answer"),
        ({"tasks": {"n_queens": 1}}, "'n_queens' is left out: several answers are right"),
        ({"tasks": {"chain_sums": 1}}, "no task is called 'chain_sums'; did you mean 'chain_sum'?"),
        ({"tasks": {}}, "at least one above 0"),
        ({"tasks": {"gcd": -1, "lcm": 2}}, "0 or more"),
        ({}, "key 'tasks' is required"),
    ],
)
def test_tasks_that_are_not_offered_are_refused_with_the_reason(options: dict[str, Any], said: str):
    with pytest.raises(UserError) as caught:
        source(**options)
    assert said in str(caught.value)


@pytest.mark.usefixtures("library")
def test_settings_that_a_generator_does_not_take_are_named():
    with pytest.raises(UserError, match=r"settings.gcd: .*minimum"):
        source(tasks={"gcd": 1}, settings={"gcd": {"minimum": 3}}).make(TRAIN, 0, 0)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    import importlib.metadata

    from data_recipes.sources.reasoning_gym import library as cached

    cached.cache_clear()
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.1.24")
    with pytest.raises(UserError, match=r"version 0.1.24 is installed and 0.1.25 is needed; pip install --no-deps reasoning-gym=="):
        source(tasks={"gcd": 1}).make(TRAIN, 0, 0)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.1.25")
    with pytest.raises(UserError, match=r"the package reasoning-gym is not here.*pip install --no-deps"):
        source(tasks={"gcd": 1}).make(TRAIN, 0, 0)
