"""HumanEval and MBPP: reference solutions pass their own tests; always-equal objects pass none.

Every fourth of the 1,138 tasks; benchmarks/code_mutants.py judges them all.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from rewards import Status
from rewards.code import judge_many

_SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "code_mutants.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("code_mutants", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def check_references(tasks):
    verdicts = judge_many([(task.response(task.solution), task.answer) for task in tasks])
    assert [(task.name, v.status, v.reason) for task, v in zip(tasks, verdicts, strict=True) if v.status is not Status.CORRECT] == []


def test_humaneval_references_pass(boxed, shared_data, bench):
    check_references(bench.humaneval(shared_data)[::4])


def test_mbpp_references_pass(boxed, shared_data, bench):
    check_references(bench.mbpp(shared_data)[::4])


@pytest.mark.parametrize("attack", ["always equal", "frame walk", "exit"])
def test_attacks_on_humaneval_pass_nothing(boxed, shared_data, bench, attack):
    tasks = bench.humaneval(shared_data)[::20]
    items = [(task.response(bench.ATTACKS[attack](task)), bench.with_limits(task.answer, cpu_seconds=1)) for task in tasks]
    assert {verdict.status for verdict in judge_many(items)} <= {Status.WRONG, Status.TIMEOUT}
