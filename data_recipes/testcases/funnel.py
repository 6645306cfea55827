"""Counts in the paper's shape (K47): problems / without special judge / with enough valid cases / admitted; and why the others left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data_recipes.testcases.consensus import Rule
from data_recipes.testcases.pipeline import Result, Stage

_ORDER = list(Stage)
PAPER = (1000, 614, 463, 323)
Table = tuple[str, list[str], list[list[Any]]]  # title, header, rows: as a step's Report holds them


@dataclass(frozen=True, slots=True)
class Funnel:
    total: int
    no_special_judge: int
    enough_valid: int  # with at least 40 of 50 valid cases
    agreed: int  # at least 9 of 10 submissions pass them all: the paper's last count
    admitted: int  # and no wrong submission does
    unusable: int  # left out before the funnel

    @property
    def shape(self) -> str:
        return f"{self.total}/{self.no_special_judge}/{self.enough_valid}/{self.admitted}"

    def to_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def count(results: Sequence[Result]) -> Funnel:
    usable = [one for one in results if one.stage is not Stage.UNUSABLE]

    def beyond(stage: Stage) -> int:
        return sum(_ORDER.index(one.stage) > _ORDER.index(stage) for one in usable)

    return Funnel(
        total=len(usable),
        no_special_judge=beyond(Stage.SPECIAL_JUDGE),
        enough_valid=beyond(Stage.CONSENSUS),
        agreed=beyond(Stage.AGREEMENT),
        admitted=beyond(Stage.MUTATION),
        unusable=len(results) - len(usable),
    )


def tables(results: Sequence[Result], rule: Rule) -> list[Table]:
    """For the card: the funnel beside the paper's, and what became of each problem."""
    found = count(results)
    counts = (
        ("problems", found.total, PAPER[0]),
        ("need no special judge", found.no_special_judge, PAPER[1]),
        (f"at least {rule.valid} of {rule.cases} cases valid (>= {rule.agree} of {rule.submissions} agree)", found.enough_valid, PAPER[2]),
        (f"at least {rule.passing} of {rule.submissions} submissions pass all", found.agreed, PAPER[3]),
        ("and no wrong submission passes", found.admitted, "not asked"),
    )
    rows = [[name, ours, _share(ours, found.total), paper] for name, ours, paper in counts]
    each = [
        [one.slug, str(one.stage), _blank(one.generated), _blank(one.valid), _blank(one.passing), _caught(one), one.reason]
        for one in results
    ]
    wrong = [[one.slug, kill.name.rpartition("/")[2], kill.bug, f"{kill.rate:.0%}"] for one in results for kill in one.kills]
    return [
        (f"funnel {found.shape}", ["stage", "problems", "share", "paper"], rows),
        ("problems", ["problem", "left at", "inputs", "valid", "pass all", "wrong caught", "reason"], each),
        ("wrong submissions", ["problem", "submission", "what is wrong", "tests that catch it"], wrong),
    ]


def reasons(results: Sequence[Result]) -> dict[str, int]:
    """Problems that left, by stage, in the order of the funnel."""
    found = Counter(one.stage for one in results if not one.admitted)
    return {str(stage): found[stage] for stage in _ORDER if found[stage]}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _blank(number: int | None) -> int | str:
    return "-" if number is None else number


def _caught(one: Result) -> str:
    return f"{sum(kill.caught for kill in one.kills)} of {len(one.kills)}" if one.kills else "-"


def markdown(table: Table) -> str:
    title, header, rows = table
    lines = [f"**{title}**", "", "| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
