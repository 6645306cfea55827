"""Signals of what sort of question a prompt is, for the exclusions of section 2.1 (K2, K7). Measures only; `select` drops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from data_recipes.row import Row
from data_recipes.steps.base import Measure, Measures
from data_recipes.text import figures, question_types
from data_recipes.text.answers import is_empty
from data_recipes.text.found import TextStep, prompt_of, reference_text, signal

# `type` is the first of these that is true; they exclude more or less the same prompts, from the surest on.
ORDER = ("multiple_choice", "true_false", "yes_no", "proof", "multi_part")


class QuestionType(TextStep):
    use: ClassVar[str] = "question_type"
    code: ClassVar[Sequence[str]] = (
        "data_recipes.text.question_types",
        "data_recipes.text.answers",
        "data_recipes.text.labels",
        "data_recipes.text.figures",
    )
    measured: ClassVar[Mapping[str, str]] = {
        "type": "multiple_choice, true_false, yes_no, proof, multi_part, code or open",
        "multiple_choice": "options in the text or in the answer, or asks for one of given options",
        "true_false": "the answer is true or false, or the question asks for that",
        "yes_no": "the answer is yes or no, or the question asks for that",
        "proof": "an imperative to prove at the start of a sentence",
        "multi_part": "two or more labelled parts that each ask for something",
        "needs_figure": "points at a picture, but has none and no drawing code",
        "hyperlink": "contains a link",
        "empty_answer": "nothing that says what is right",
        "long_answer": "the reference is longer than max_answer_chars (null where tests say what is right)",
        "closed_set": "number of words the answer is one of; null where it is open",
    }

    max_answer_chars: int = Field(default=100, ge=1, description="Guru's limit; longer references are rarely compared well")
    closed_set_at_most: int = Field(
        default=0, ge=0, description="an answer out of a closed set of at most so many words counts as multiple choice"
    )

    def measure_row(self, row: Row) -> Measures:
        text, answer = prompt_of(row), row.problem.answer
        found = {
            "multiple_choice": question_types.multiple_choice(text, answer, self.closed_set_at_most),
            "true_false": question_types.true_false(text, answer),
            "yes_no": question_types.yes_no(text, answer),
            "proof": question_types.proof(text, answer),
            "multi_part": question_types.multi_part(text, answer),
        }
        kind = next((name for name in ORDER if found[name] is not None), "code" if answer.verifier == "code" else "open")
        return {
            "type": {"value": kind},
            **{name: signal(hit) for name, hit in found.items()},
            "needs_figure": _needs_figure(text, bool(row.problem.images)),
            "hyperlink": signal(figures.hyperlink(text)),
            "empty_answer": {"value": is_empty(answer)},
            "long_answer": _long_answer(reference_text(answer), self.max_answer_chars),
            "closed_set": {"value": question_types.closed_set(answer)},
        }


def _needs_figure(text: str, has_picture: bool) -> Measure:
    mention = figures.mentions_figure(text)
    if mention is None or not (has_picture or figures.figure_as_code(text)):
        return signal(mention)
    return {
        "value": False,
        **mention.evidence(),
        "because": "the prompt has a picture" if has_picture else "the figure is in the text as code",
    }


def _long_answer(reference: str | None, threshold: int) -> Measure:
    if reference is None:
        return {"value": None, "because": "no reference text"}
    return {"value": len(reference) > threshold, "length": len(reference), "threshold": threshold}
