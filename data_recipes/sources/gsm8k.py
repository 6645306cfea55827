"""`gsm8k`: grade-school word problems (Cobbe et al. 2021), 7,473 for training.

`path`: the published jsonl file (`question`, `answer` with "#### 72" at its end), or a folder with such; from the hub
`openai/gsm8k`, subset main, when absent. The right answer is what stands after "####". The grade counts the
calculations that the set marks in its solution: 1 for one or two, 5 for six or more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from data_recipes.problem import Solution
from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import text_at
from data_recipes.sources.files import Found
from data_recipes.sources.records import PublicSet
from data_recipes.sources.unfit import Unfit
from multimodal.messages import Part, user
from rewards.verdict import Answer

_MARK = re.compile(r"<<[^<>]*>>")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:/\d+)?")


class Gsm8k(PublicSet):
    name = "gsm8k"
    licence = "MIT"
    note = "The published train and test files; the split of a build is drawn from what it is given."
    hub = "openai/gsm8k"
    subset = "main"
    fixed: ClassVar[Mapping[str, str]] = {"domain": "mathematics", "discipline": "arithmetic word problems", "question_type": "open"}

    def candidate(self, found: Found) -> Candidate:
        question, worked = text_at(found.record, "question"), text_at(found.record, "answer")
        steps, mark, final = worked.rpartition("####")
        answer = final.strip().replace(",", "")
        if not mark or not _NUMBER.fullmatch(answer):
            raise Unfit(f"field 'answer': ends with {worked[-40:]!r}; the right answer is expected after ####, as in \"#### 72\"")
        grade = min(5, max(1, len(_MARK.findall(steps)) - 1))
        thoughts = _MARK.sub("", steps).strip()
        return self.made(
            found,
            [user(Part(text=question.strip()))],
            Answer("math", answer),
            tags={"grade": str(grade)},
            solutions=worked_out(thoughts, answer),
            how="answer: the number after ####",
        )


def worked_out(thoughts: str, answer: Any) -> tuple[Solution, ...]:
    """A published solution as a reasoned turn, and the bare answer as a direct one."""
    box = f"\\boxed{{{answer}}}"
    reasoned = (Solution(f"<think> {thoughts} </think> {box}", "reasoned"),) if thoughts else ()
    return (*reasoned, Solution(box, "direct"))
