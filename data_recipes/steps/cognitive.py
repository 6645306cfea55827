"""Which of planning, evaluation, reflection and exploration a worked solution shows (section 2.2, K16), with the phrases that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from data_recipes.row import Row
from data_recipes.sources.cot import Process
from data_recipes.steps.base import Measure, Measures
from data_recipes.text.found import Found, Part, TextStep, text_of
from data_recipes.text.processes import Sign, signs


class Cognitive(TextStep):
    use: ClassVar[str] = "cognitive"
    code: ClassVar[Sequence[str]] = ("data_recipes.text.processes",)
    measured: ClassVar[Mapping[str, str]] = {
        **{str(process): f"how often the solution shows {process}; null without a solution" for process in Process},
        "processes": "how many of the four it shows",
        "all": "it shows all four",
    }

    of: Part = Part.SOLUTIONS
    shown: int = Field(default=3, ge=0, description="matches of each process that are kept as evidence")

    def measure_row(self, row: Row) -> Measures:
        text = text_of(row, self.of)
        if not text.strip():
            nothing: Measure = {"value": None, "because": f"no text in {self.of}"}
            return dict.fromkeys(self.measured, nothing)
        found = signs(text)
        by_process = {process: [sign for sign in found if sign.process is process] for process in Process}
        present = sum(bool(hits) for hits in by_process.values())
        return {
            **{
                str(process): {"value": len(hits), "matched": [_shown(sign) for sign in hits[: self.shown]]}
                for process, hits in by_process.items()
            },
            "processes": {"value": present},
            "all": {"value": present == len(Process)},
        }


def _shown(sign: Sign) -> Measure:
    return Found(sign.process, sign.matched, (sign.start, sign.end)).evidence()
