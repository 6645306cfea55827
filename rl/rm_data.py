r"""Judged answers: what reward models learn from and are measured on.

    read_judged(path)       JSON lines {question, reference, response, correct} -> JudgedAnswer
    gsm8k_answers(path)     four models' labelled solutions of GSM8K's test questions (Cobbe et al. 2021, MIT licence)
    demo_answers(folder)    a built dataset's worked solutions, and the same ones spoilt
    split_by_group          no problem stands on both sides

`target(row)` is the reasoning a CoT model is taught: both final answers named, compared, then the JSON verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_recipes.problem import Problem
from data_recipes.store import load_problems
from openk15.errors import UserError
from openk15.files import atomic_write_text, read_jsonl
from openk15.seeds import derive_seed
from rewards import Answer, Status, verify
from rewards.extract import stated_answer

_FINAL = re.compile(r"\nA: *([^\n]+)\s*\Z")  # how GSM8K's solutions end


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """One labelled response. `final` is its final answer where the source marks one; `rule` how a rule verifier judges it.

    Answers to one problem share its `group`; it is the question unless the source says otherwise, as it must where
    pictures tell problems with equal questions apart.
    """

    question: str
    reference: str
    response: str
    correct: bool
    final: str | None = None
    rule: Answer | None = None
    group: str = ""

    def __post_init__(self) -> None:
        if not self.group:
            object.__setattr__(self, "group", self.question)

    def to_row(self) -> dict[str, Any]:
        return {**asdict(self), "rule": self.rule.to_dict() if self.rule else None}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> JudgedAnswer:
        """ValueError naming the field that is missing or of the wrong type."""
        for name, kind in (("question", str), ("reference", str), ("response", str), ("correct", bool)):
            if not isinstance(row.get(name), kind):
                raise ValueError(f"{name} must be {'true or false' if kind is bool else 'text'}, got {row.get(name)!r}")
        rule = Answer.from_dict(row["rule"]) if row.get("rule") else None
        group = str(row.get("group") or "")
        return cls(row["question"], row["reference"], row["response"], row["correct"], row.get("final"), rule, group)

    def model_answer(self, verifier: str) -> Answer:
        return Answer(verifier, self.reference, {"question": self.question})

    def rule_text(self) -> str:
        """The response as a rule verifier reads it: with its final answer in a box where the source marks it otherwise."""
        return self.response if self.final is None else f"{self.response}\n\\boxed{{{self.final}}}"


def read_judged(path: Path) -> list[JudgedAnswer]:
    """UserError naming file and line for a row that is none, or when there is no row at all."""
    rows: list[JudgedAnswer] = []
    for number, row in enumerate(read_jsonl(path), 1):
        try:
            rows.append(JudgedAnswer.from_row(row))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: row {number}: {error}; a row is {{question, reference, response, correct}}") from None
    if not rows:
        raise UserError(f"{path}: has no rows; `rl rm data` writes judged answers")
    return rows


def write_judged(path: Path, rows: Sequence[JudgedAnswer]) -> None:
    atomic_write_text(path, "".join(json.dumps(row.to_row(), ensure_ascii=False) + "\n" for row in rows))


def split_by_group(rows: Sequence[JudgedAnswer], heldout: float) -> tuple[list[JudgedAnswer], list[JudgedAnswer]]:
    """(train, held out): each problem falls to one side by its own hash, whatever else is in the set."""
    if not 0.0 < heldout < 1.0:
        raise UserError(f"the held-out share must lie between 0 and 1, got {heldout}")
    sides: tuple[list[JudgedAnswer], list[JudgedAnswer]] = ([], [])
    for row in rows:
        sides[derive_seed("rm-split", row.group) / 2**63 < heldout].append(row)
    return sides


def one_per_group(rows: Sequence[JudgedAnswer]) -> list[JudgedAnswer]:
    """One answer to each problem, chosen by hash: answers to one problem are not independent observations."""
    chosen: dict[str, JudgedAnswer] = {}
    for row in sorted(rows, key=lambda row: derive_seed("rm-pick", row.group, row.response, row.correct)):
        chosen.setdefault(row.group, row)
    return [row for row in rows if chosen[row.group] is row]


def gsm8k_answers(path: Path) -> list[JudgedAnswer]:
    """Rows of GSM8K's `example_model_solutions.jsonl`: for each question, every model's solution with its label."""
    rows: list[JudgedAnswer] = []
    for number, row in enumerate(read_jsonl(path), 1):
        final = _FINAL.search("\n" + str(row.get("ground_truth")))
        if not isinstance(row.get("question"), str) or final is None:
            raise UserError(f"{path}: row {number}: expected a question and a ground_truth that ends with a line 'A: number'")
        reference = final.group(1).strip()
        for key in sorted(row):
            if isinstance(row[key], dict):
                response = row[key]["solution"]
                given = _FINAL.search("\n" + response)
                answer = given.group(1).strip() if given else None
                rows.append(JudgedAnswer(row["question"], reference, response, row[key]["is_correct"], answer, _rule(reference)))
    return rows


def _rule(reference: str) -> Answer:
    return Answer("number", reference.replace(",", ""))


def demo_answers(folder: Path, split: str, seed: int = 0) -> list[JudgedAnswer]:
    """Each problem's worked solutions as right answers, and spoilt ones as wrong; labels are the rule verifier's.

    A reasoned solution is spoilt in its box alone: that its thoughts were right does not save it.
    """
    problems = load_problems(folder, split).problems
    kinds: dict[str, set[str]] = {}
    for problem in problems:
        kinds.setdefault(_form(problem.answer), set()).add(str(problem.answer.reference))
    others = {form: sorted(answers) for form, answers in kinds.items()}
    rows: list[JudgedAnswer] = []
    for problem in problems:
        question = " ".join(message.text for message in problem.messages).strip()
        for solution in problem.solutions:
            random = np.random.Generator(np.random.Philox(derive_seed("rm-spoil", seed, problem.id, solution.style)))
            for text in (solution.text, _spoilt(problem, solution.text, others[_form(problem.answer)], random)):
                status = verify(text, problem.answer).status
                if status in (Status.CORRECT, Status.WRONG):
                    reference = str(problem.answer.reference)
                    rows.append(JudgedAnswer(question, reference, text, status is Status.CORRECT, None, problem.answer, problem.id))
    return rows


def _form(answer: Answer) -> str:
    """Equal for answers that could be each other's."""
    return json.dumps([answer.verifier, dict(answer.params)], sort_keys=True)


def _spoilt(problem: Problem, text: str, answers: Sequence[str], random: np.random.Generator) -> str:
    """The same text with another answer in its box: half the time a near miss, else another problem's answer of the same form."""
    right = str(problem.answer.reference)
    near = [right[:at] + digit + right[at + 1 :] for at, old in enumerate(right) if old.isdigit() for digit in "0123456789" if digit != old]
    other = [answer for answer in answers if answer != right]
    pool = near if near and (not other or random.random() < 0.5) else other
    if not pool:
        return text
    wrong = pool[int(random.integers(len(pool)))]
    return text[: text.rindex("\\boxed{")] + f"\\boxed{{{wrong}}}"


def target(row: JudgedAnswer) -> str:
    """What a CoT model is to write about `row`: the two final answers, whether they are equal, the verdict."""
    final = row.final if row.final is not None else stated_answer(row.response)
    given = " ".join(final.split())[:80] if final else "nothing"
    said = "equal" if row.correct else "different"
    return f"reference {row.reference} , response {given} : {said} . {json.dumps({'correct': row.correct})}"
