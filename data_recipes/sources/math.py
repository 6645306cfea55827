r"""`math`: competition problems with worked solutions (MATH, Hendrycks et al. 2021).

`path`: jsonl with `problem` and `solution` (and `level`, and `subject` or `type`), plain or gzipped, or a folder with such;
from the hub `EleutherAI/hendrycks_math` when absent, with `subject` naming the subset. The right answer is the last
`\boxed{...}` of the solution; a record's own `answer` column counts where the solution has none. `level` is the grade.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import ABSENT, cell_of, grade_of, text_at
from data_recipes.sources.files import Found
from data_recipes.sources.gsm8k import worked_out
from data_recipes.sources.records import PublicSet
from data_recipes.sources.unfit import Unfit
from multimodal.messages import Part, user
from rewards.extract import boxed
from rewards.verdict import Answer

_SHORT_BOX = re.compile(r"\\f?boxed\s+([^\s$.,{}]+)")  # \boxed 5, as a few solutions have it


class Math(PublicSet):
    name = "math"
    licence = "MIT"
    note = "The split of a build is drawn from what it is given. Diagrams in the text are Asymptote code."
    hub = "EleutherAI/hendrycks_math"
    fixed: ClassVar[Mapping[str, str]] = {"domain": "mathematics", "question_type": "open"}

    subject: str = Field(default="algebra", description="subset on the hub; not used with `path`")

    def hub_subset(self) -> str:
        return self.subject

    def candidate(self, found: Found) -> Candidate:
        problem, solution = text_at(found.record, "problem"), text_at(found.record, "solution")
        answer, how = _answer(found.record, solution)
        subject = next((found.record[key] for key in ("subject", "type") if found.record.get(key)), "mathematics")
        level = cell_of(found.record, "level")
        # two problems of the set have "Level ?"
        grade = "3" if level in (ABSENT, None, "", "Level ?") else grade_of(level, "level")
        return self.made(
            found,
            [user(Part(text=problem.strip()))],
            Answer("math", answer),
            tags={"discipline": str(subject).lower().replace("_", " "), "grade": grade},
            solutions=worked_out(solution.strip(), answer),
            how=how,
        )


def _answer(record: Mapping[str, Any], solution: str) -> tuple[str, str]:
    """(the right answer, where it was found)."""
    boxes = [box for box in boxed(solution.replace("\\fbox{", "\\boxed{")) if box] or _SHORT_BOX.findall(solution)
    if boxes:
        return boxes[-1].strip(), "answer: the last box of the solution"
    given = record.get("answer")
    if isinstance(given, str | int | float) and str(given).strip():
        return str(given).strip(), "answer: the record's own"
    raise Unfit("field 'solution': holds no \\boxed{...}, and there is no field 'answer'; one of them is to give the right answer")
