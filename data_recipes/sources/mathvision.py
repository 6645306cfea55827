"""`mathvision`: competition questions about real pictures (MATH-Vision, Wang et al. 2024).

`path`: a folder with `<split>.jsonl` and the pictures that its records name (`images/4.jpg`), or that jsonl file; from the
hub `MathLLMs/MathVision` when absent. `split` is test (3,040) or testmini (304). `<image1>` in a question is where the
picture stands; where there are several such marks, one picture shows all parts with the marks as captions. `level` is the
grade, `subject` the discipline. It is a benchmark of its own: who trains on it cannot report it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from data_recipes.problem import Solution
from data_recipes.sources.base import Candidate
from data_recipes.sources.fields import cell_of, grade_of, need, text_at
from data_recipes.sources.files import Found
from data_recipes.sources.forms import answer_of, lettered, with_choices
from data_recipes.sources.gsm8k import worked_out
from data_recipes.sources.pictures import picture_of, picture_path
from data_recipes.sources.prompts import extended, question_messages
from data_recipes.sources.records import PublicSet
from multimodal.messages import Part, user

_MARK = re.compile(r"<image\d+>")


class MathVision(PublicSet):
    name = "mathvision"
    licence = "MIT"
    note = "Train and held-out share no picture."
    hub = "MathLLMs/MathVision"
    splits = ("test", "testmini")
    fixed: ClassVar[Mapping[str, str]] = {"domain": "mathematics"}

    split: str = "test"

    def inputs(self) -> list[Path]:
        found = list(super().inputs())
        if self.path is None or self.hub_files_here():
            return found
        records = (record for record in self.records() if isinstance(record, Found))
        pictures = {picture_path(record.record.get("image"), record.folder) for record in records}
        return [*found, *sorted(path for path in pictures if path is not None and path.is_file())]

    def own_id(self, record: Mapping[str, Any]) -> str | None:
        return str(need(record, "id"))

    def candidate(self, found: Found) -> Candidate:
        record = found.record
        embedded = record.get("decoded_image")
        name, data = picture_of(embedded or need(record, "image"), found.folder, "decoded_image" if embedded else "image")
        question = text_at(record, "question")
        if len(_MARK.findall(question)) > 1:  # one picture shows all parts, each under its mark: the marks stay in the text
            messages = (user(Part(image=name), Part(text=question)),)
        else:
            messages = question_messages(question, "question", [name], has_pictures=True)
        options = need(record, "options")
        choices = lettered(options, "options") if options else None
        if choices:
            messages = (*messages[:-1], extended(messages[-1], with_choices("", choices)))
        answer = answer_of(need(record, "answer"), "answer", choices=choices)
        solution = cell_of(record, "solution")
        worked = worked_out(solution.strip(), answer.reference) if isinstance(solution, str) and solution.strip() else ()
        return self.made(
            found,
            messages,
            answer,
            tags={
                "discipline": text_at(record, "subject"),
                "grade": grade_of(need(record, "level"), "level"),
                "question_type": "multiple_choice" if answer.verifier == "choice" else "open",
            },
            solutions=worked or [Solution(f"\\boxed{{{answer.reference}}}", "direct")],
            images={name: data},
        )
