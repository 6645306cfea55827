"""Exact duplicates: the same question over the same pictures, however it is spaced, cased or spelt in LaTeX.

The key is the normalised text and, where there are pictures, what they show (the drawn text, the scene, or the files).
`copies` counts a set that was concatenated a hundred times; `conflict` finds one question with two answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from data_recipes.dedup.groups import GatherStep, Passes, group_measure, keys_at, repeated, size_table
from data_recipes.dedup.origin import picture_key
from data_recipes.dedup.text import normalise, question_text
from data_recipes.row import Row, Shard
from data_recipes.sources.base import HELDOUT
from data_recipes.steps.base import Measures, Report
from openk15.seeds import digest


@dataclass(frozen=True)
class Sketch:
    keys: list[str]
    digests: list[str]  # of what is asked
    short: np.ndarray  # uint64, the first half of each digest
    answers: list[str]
    heldout: list[bool]


class ExactDedup(GatherStep):
    """No parameters: two questions are the same or they are not."""

    use: ClassVar[str] = "exact_dedup"
    measured: ClassVar[Mapping[str, str]] = {
        "group": "key of the first row with the same text and pictures; null for a row that is alone",
        "copies": "number of rows with the same text and pictures, this one included",
        "conflict": "a row with the same text and pictures has another answer",
        "in_heldout": "a training row whose text and pictures are also in the held-out split",
    }

    def sketch(self, shard: Shard) -> Sketch:
        digests = [_asked(row) for row in shard.rows]
        short = np.array([int(value[:16], 16) for value in digests], dtype=np.uint64)
        answers = [_answer(row) for row in shard.rows]
        return Sketch([row.key for row in shard.rows], digests, short, answers, [row.split == HELDOUT for row in shard.rows])

    def gather(self, passes: Passes, folder: Path) -> dict[str, Any]:
        short = np.concatenate([np.zeros(0, np.uint64), *(sketch.short for sketch in passes())])
        wanted = np.flatnonzero(repeated(short))
        members: dict[str, list[tuple[int, str, str, bool]]] = {}
        for index, taken in keys_at(passes, wanted, _take).items():
            members.setdefault(taken[0], []).append((index, *taken[1:]))
        groups = [rows for rows in members.values() if len(rows) > 1]
        found: dict[str, Measures] = {}
        for rows in groups:
            _describe(rows, found)
        conflicts = sum(len({row[2] for row in rows}) > 1 for rows in groups)
        report = Report(
            [("Exact duplicates by group size", ["copies", "groups", "rows"], size_table([len(rows) for rows in groups]))],
            [
                f"{len(short)} rows ask {len(short) - sum(len(rows) - 1 for rows in groups)} different questions; "
                f"{conflicts} questions have more than one answer."
            ],
        )
        return {"rows": found, "report": report.to_dict()}

    def rows(self, found: Mapping[str, Any], sketch: Sketch, start: int) -> list[Measures]:
        return [
            found["rows"].get(str(start + at))
            or {"group": group_measure(None), "copies": {"value": 1}, "conflict": {"value": False}, "in_heldout": {"value": False}}
            for at in range(len(sketch.keys))
        ]


def _asked(row: Row) -> str:
    return digest(normalise(question_text(row.problem)), picture_key(row), _choices(row))


def _choices(row: Row) -> list[str]:
    """A question asked with other choices is another question, also where they are no part of its text."""
    params = row.problem.answer.params
    choices = params.get("choices") or params.get("options") or ()
    return [normalise(str(choice)) for choice in (choices.values() if isinstance(choices, Mapping) else choices)]


def _answer(row: Row) -> str:
    """Normalised text; JSON where the reference is no text, and of the parameters where they say it all."""
    answer = row.problem.answer
    if isinstance(answer.reference, str):
        return normalise(answer.reference)
    return json.dumps(answer.params if answer.reference is None else answer.reference, ensure_ascii=False, sort_keys=True, default=dict)


def _take(sketch: Sketch, at: int) -> tuple[str, str, str, bool]:
    return sketch.digests[at], sketch.keys[at], sketch.answers[at], sketch.heldout[at]


def _describe(rows: list[tuple[int, str, str, bool]], found: dict[str, Measures]) -> None:
    first = rows[0][1]
    leaked = next((key for _, key, _, heldout in rows if heldout), None)
    for index, key, answer, heldout in rows:
        other = next(((row[1], row[2]) for row in rows if row[2] != answer), None)
        found[str(index)] = {
            "group": group_measure(first, matched=first if key != first else rows[1][1]),
            "copies": {"value": len(rows)},
            "conflict": {"value": False}
            if other is None
            else {"value": True, "matched": other[0], "answer": answer[:200], "other": other[1][:200]},
            "in_heldout": {
                "value": leaked is not None and not heldout,
                **({"matched": leaked} if leaked is not None and not heldout else {}),
            },
        }
