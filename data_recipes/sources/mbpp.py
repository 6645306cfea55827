"""`mbpp`: short Python functions with three asserts each (Austin et al. 2021); 974 problems, 374 of them for training.

`path`: the published jsonl (`text`, `code`, `task_id`, `test_list`, `test_setup_code`), or a folder with such; from the hub
`google-research-datasets/mbpp`, subset full, when absent. The set's own splits are ranges of `task_id`: few-shot prompts
1 to 10, test 11 to 510, validation 511 to 600, train 601 to 974. `split: all` takes every record of a local file.
The prompt shows the first `show_tests` asserts, which name the function; the program is judged by all, in the sandbox.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.problem import Solution
from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import need, text_at
from data_recipes.sources.files import Found
from data_recipes.sources.programs import fenced, grade_by_length, parsed
from data_recipes.sources.records import PublicSet
from data_recipes.sources.unfit import Unfit, shown
from multimodal.messages import Part, user
from rewards.verdict import Answer

SPLITS = {"prompt": (1, 10), "test": (11, 510), "validation": (511, 600), "train": (601, 974), "all": (0, 1 << 62)}
CPU_SECONDS = 20  # one reference of the set (amicable_numbers_sum) takes more than the verifier's default of 5


class Mbpp(PublicSet):
    name = "mbpp"
    licence = "CC-BY-4.0"
    note = "`split` takes one of the set's own splits (train: task_id 601 to 974)."
    hub = "google-research-datasets/mbpp"
    subset = "full"
    splits = tuple(SPLITS)
    fixed: ClassVar[Mapping[str, str]] = {"domain": "code", "discipline": "python functions", "question_type": "code"}

    show_tests: int = Field(default=1, ge=1, description="asserts that the prompt shows")

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return str(_task_id(record))

    def candidate(self, found: Found) -> Candidate | None:
        first, last = SPLITS[self.split]
        if not first <= _task_id(found.record) <= last:
            return None
        asked, code = text_at(found.record, "text"), text_at(found.record, "code").replace("\r\n", "\n")
        tests, setup = _tests(found.record), found.record.get("test_setup_code") or ""
        entry = _entry_point(code, tests)
        shown = "\n".join(tests[: self.show_tests])
        params = {
            "language": "python",
            "entry_point": entry,
            "test_list": tests,
            "test_setup": setup,
            "limits": {"cpu_seconds": CPU_SECONDS},
        }
        return self.made(
            found,
            [user(Part(text=f"{asked.strip()}\nYour code should satisfy:\n{fenced(shown)}"))],
            Answer("code", None, params),
            tags={"grade": grade_by_length(code)},
            solutions=[Solution(fenced(code), "direct")],
            how=f"prompt: with {min(self.show_tests, len(tests))} of {len(tests)} asserts",
        )


def _task_id(record: Mapping[str, Any]) -> int:
    value = need(record, "task_id")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(f"field 'task_id': {value!r} is no whole number")
    return value


def _tests(record: Mapping[str, Any]) -> list[str]:
    tests = need(record, "test_list")
    if not isinstance(tests, list) or not tests or not all(isinstance(test, str) and test.strip() for test in tests):
        raise Unfit(f"field 'test_list': {shown(tests)} is no list of asserts; at least one is needed to judge a program")
    more = record.get("challenge_test_list") or []
    return [test.replace("\r\n", "\n").strip() for test in (*tests, *more)]


def _entry_point(code: str, tests: list[str]) -> str:
    """The function of the reference that the asserts call."""
    defined = {node.name for node in parsed(code, "code").body if isinstance(node, ast.FunctionDef)}
    for test in tests:
        for node in ast.walk(parsed(test, "test_list")):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined:
                return node.func.id
    raise Unfit(f"field 'test_list': calls none of the functions of field 'code' ({', '.join(sorted(defined)) or 'it defines none'})")
