"""`geometry3k`: plane geometry with a diagram (Lu et al. 2021), one folder a problem.

`path`: a folder of folders, each with `ex.json` (or `data.json`) and `image.png` (or `img_diagram.png`); from the hub
`hiyouga/geometry3k` when absent. `ask: open` (default) asks for the value and leaves the four choices out, as training
does (section 2.1 drops multiple choice); `ask: choices` shows them and asks for the letter. The grade counts the facts
that the diagram states: 1 for up to three, 5 for ten or more; 3 where they are not given (hub).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from data_recipes.problem import Solution
from data_recipes.sources.base import BadRecord, Candidate
from data_recipes.sources.fields import FieldMap, need, picture_cells, text_at
from data_recipes.sources.files import Found
from data_recipes.sources.forms import answer_of, lettered, with_choices
from data_recipes.sources.pictures import picture_of
from data_recipes.sources.prompts import extended, question_messages
from data_recipes.sources.records import PublicSet
from data_recipes.sources.unfit import Unfit
from openk15.errors import UserError

RECORDS, PICTURES = ("ex.json", "data.json"), ("image.png", "img_diagram.png")
GRADE_FACTS = (3, 5, 7, 9)  # facts up to which a problem is of grade 1, 2, 3, 4
HUB_FIELDS = FieldMap(question="problem", answer="answer", images="images")


class Geometry3k(PublicSet):
    name = "geometry3k"
    licence = "MIT"
    note = "Train and held-out share no picture."
    hub = "hiyouga/geometry3k"
    fixed: ClassVar[Mapping[str, str]] = {"domain": "mathematics", "discipline": "plane geometry"}

    ask: Literal["open", "choices"] = "open"

    def paths(self) -> list[Path]:
        """Every file of a problem, problem after problem."""
        return self.hub_files_here() or [file for record, picture in self._folders() for file in (record, picture) if file.is_file()]

    def _folders(self) -> Iterator[tuple[Path, Path]]:
        assert self.path is not None
        root = self.path.expanduser()
        if not root.is_dir():
            raise UserError(f"source {self.name}: {root} is no folder; a folder of folders with {RECORDS[0]} and {PICTURES[0]} is expected")
        for folder in sorted((path for path in root.iterdir() if path.is_dir()), key=_by_number):
            record = next((folder / name for name in RECORDS if (folder / name).is_file()), None)
            if record is not None:
                yield record, next((folder / name for name in PICTURES if (folder / name).is_file()), folder / PICTURES[0])

    def records(self) -> Iterator[Found | BadRecord]:
        if self.path is None or self.hub_files_here():
            yield from super().records()
            return
        for file, picture in self._folders():
            where = f"{file.parent.name}/{file.name}"
            try:
                record = json.loads(file.read_text("utf-8"))
            except (ValueError, RecursionError) as error:
                yield BadRecord(where, f"not JSON ({error})")
                continue
            if isinstance(record, dict):
                yield Found(where, {**record, "image": picture.name}, file.parent)
            else:
                yield BadRecord(where, f"holds a {type(record).__name__}; a JSON object is expected")

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return str(need(record, "id")) if "problem_text" in record else None

    def candidate(self, found: Found) -> Candidate:
        record = found.record
        if "problem_text" not in record:
            return self._from_hub(found)
        name, data = picture_of(record["image"], found.folder, "image")
        choices = lettered(need(record, "choices"), "choices")
        answer = answer_of(need(record, "answer"), "answer", choices=choices)
        question = text_at(record, "problem_text")
        messages = question_messages(question, "problem_text", [name], has_pictures=True)
        kind, how = "multiple_choice", ""
        if self.ask == "choices":
            messages = (*messages[:-1], extended(messages[-1], with_choices("", choices)))
        else:
            kind, how = "open", f"answer: the text of choice {answer.reference}; the choices are not shown"
            answer = answer_of(choices[answer.reference], "choices")
        return self._made(found, messages, answer, kind, how, {name: data}, _grade(record))

    def _from_hub(self, found: Found) -> Candidate:
        if self.ask == "choices":
            raise UserError(f"source {self.name}: the hub's copy has no choices; set `ask: open`, or give a folder (path)")
        pictures = [picture_of(cell, found.folder, field) for cell, field in picture_cells(found.record, HUB_FIELDS)]
        messages = question_messages(need(found.record, "problem"), "problem", [name for name, _ in pictures], has_pictures=True)
        return self._made(found, messages, answer_of(need(found.record, "answer"), "answer"), "open", "", dict(pictures), "3")

    def _made(self, found: Found, messages: Any, answer: Any, kind: str, how: str, images: Mapping[str, bytes], grade: str) -> Candidate:
        direct = Solution(f"\\boxed{{{answer.reference}}}", "direct")
        return self.made(found, messages, answer, tags={"question_type": kind, "grade": grade}, solutions=[direct], images=images, how=how)


def _grade(record: Mapping[str, Any]) -> str:
    forms = record.get("logic_form")
    facts = forms.get("diagram_logic_form") if isinstance(forms, Mapping) else None
    if not isinstance(facts, list):
        raise Unfit("field 'logic_form.diagram_logic_form': a list of the diagram's facts is expected; the grade counts them")
    return str(1 + sum(len(facts) > most for most in GRADE_FACTS))


def _by_number(folder: Path) -> tuple[int, str]:
    return (int(folder.name), "") if folder.name.isdecimal() else (1 << 62, folder.name)
