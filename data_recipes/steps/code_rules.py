"""Rules over code files (section 6.3, K71): BigCode's line and character rules, generated files, and the language's sampling weight.

`weight` says how often a file is drawn: 0 removes (misc), below 1 draws less (markup), above 1 draws more (the 32 major
languages). The paper gives no numbers; these are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from data_recipes.row import Row
from data_recipes.steps.base import Measure, Measures
from data_recipes.text.code_language import Kind, code_language
from data_recipes.text.found import Found, Part, TextStep, signal, text_of

# StarCoder looks for such notices in the first lines of a file; a mention further down is about something else.
_GENERATED = re.compile(
    r"(?:auto(?:matically)?[- ]?generated|generated (?:by|from|with|code|file)\b|do not (?:edit|modify)\b|@generated\b|"
    r"this file (?:was|is) (?:auto\w* )?generated|machine generated)",
    re.IGNORECASE,
)
HEAD_LINES = 10


class CodeRules(TextStep):
    use: ClassVar[str] = "code_rules"
    code: ClassVar[Sequence[str]] = ("data_recipes.text.code_language",)
    measured: ClassVar[Mapping[str, str]] = {
        "language": "by record, extension, fence, first line or signatures; null where none tells",
        "class": "major, markup, misc or unknown",
        "weight": "sampling weight of the class",
        "average_line": "characters per line (StarCoder keeps at most 100)",
        "longest_line": "characters (StarCoder keeps at most 1000)",
        "alphanumeric_share": "of all characters (StarCoder keeps at least 0.25)",
        "generated": "the first lines say that a program wrote it",
        "failed": "number of these rules that the text does not pass",
    }

    of: Part = Part.PROMPT
    average_line_at_most: float = Field(default=100.0, gt=0)
    longest_line_at_most: int = Field(default=1000, gt=0)
    alphanumeric_at_least: float = Field(default=0.25, ge=0, le=1)
    major: float = Field(default=2.0, ge=0)
    markup: float = Field(default=0.25, ge=0)
    misc: float = Field(default=0.0, ge=0)
    unknown: float = Field(default=1.0, ge=0)

    def measure_row(self, row: Row) -> Measures:
        text = text_of(row, self.of)
        found = code_language(
            text, _said(row, "language", "lang", "programming_language"), _said(row, "path", "file", "filename", "max_stars_repo_path")
        )
        weights = {Kind.MAJOR: self.major, Kind.MARKUP: self.markup, Kind.MISC: self.misc, Kind.UNKNOWN: self.unknown}
        lines = text.splitlines() or [""]
        average = {"value": round(len(text) / len(lines), 2), "threshold": self.average_line_at_most}
        longest = {"value": max(map(len, lines)), "threshold": self.longest_line_at_most}
        share = round(sum(character.isalnum() for character in text) / len(text), 4) if text else None
        alphanumeric: Measure = {"value": share, "threshold": self.alphanumeric_at_least}
        notice = generated(text)
        failed = [
            name
            for name, bad in (
                ("average_line", average["value"] > self.average_line_at_most),
                ("longest_line", longest["value"] > self.longest_line_at_most),
                ("alphanumeric_share", share is None or share < self.alphanumeric_at_least),
                ("generated", notice is not None),
            )
            if bad
        ]
        return {
            "language": {"value": found.name, "by": found.by, "matched": found.matched},
            "class": {"value": str(found.kind)},
            "weight": {"value": weights[found.kind], "class": str(found.kind)},
            "average_line": average,
            "longest_line": longest,
            "alphanumeric_share": alphanumeric,
            "generated": signal(notice),
            "failed": {"value": len(failed), "rules": failed},
        }


def generated(text: str) -> Found | None:
    head = "\n".join(text.split("\n", HEAD_LINES)[:HEAD_LINES])
    match = _GENERATED.search(head)
    return None if match is None else Found.at("generated", text, *match.span())


def _said(row: Row, *names: str) -> str | None:
    """What the record says: the answer's parameters, its tags, or the record before it was changed. "en" and the like are no code."""
    for name in names:
        for place in (row.problem.answer.params, row.problem.tags, row.raw):
            value = place.get(name)
            if (
                isinstance(value, str)
                and value
                and not (name == "language" and len(value) == 2 and value in ("en", "zh", "de", "fr", "es", "ja", "ko", "ru"))
            ):
                return value
    return None
