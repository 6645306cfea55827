"""`humaneval`: Python functions to be completed from signature and docstring (Chen et al. 2021), and sets of the same form.

`path`: jsonl (`task_id`, `prompt`, `entry_point`, `canonical_solution`, `test`), plain or gzipped, or a folder with such; from
the hub `openai/openai_humaneval`, split test, when absent. HumanEval itself is a benchmark: train on sets of its form,
never on it. The prompt may define helpers that the tests call, so it is the tests' setup too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from data_recipes.problem import Solution
from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import text_at
from data_recipes.sources.files import Found
from data_recipes.sources.programs import fenced, grade_by_length, parsed
from data_recipes.sources.records import PublicSet
from data_recipes.sources.unfit import Unfit
from multimodal.messages import Part, user
from rewards.verdict import Answer

ASK = "Complete this function. Answer with the whole function in one code block."


class HumanEval(PublicSet):
    name = "humaneval"
    licence = "MIT"
    note = "HumanEval is a benchmark: what is built from it is for evaluation and for checks."
    hub = "openai/openai_humaneval"
    fixed: ClassVar[Mapping[str, str]] = {"domain": "code", "discipline": "python functions", "question_type": "code"}

    split: str = "test"

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return text_at(record, "task_id")

    def candidate(self, found: Found) -> Candidate:
        prompt, entry = text_at(found.record, "prompt"), text_at(found.record, "entry_point")
        tests, body = text_at(found.record, "test"), text_at(found.record, "canonical_solution")
        program = prompt + body
        parsed(program, "canonical_solution")
        if "def check" not in tests and "assert" not in tests:
            raise Unfit("field 'test': holds neither a function `check` nor an assert; nothing would judge a program")
        return self.made(
            found,
            [user(Part(text=f"{ASK}\n{fenced(prompt)}"))],
            Answer("code", None, {"language": "python", "entry_point": entry, "test_code": tests, "test_setup": prompt}),
            tags={"grade": grade_by_length(body)},
            solutions=[Solution(fenced(program), "direct")],
            how="prompt: in a code block, with the order to complete it",
        )
