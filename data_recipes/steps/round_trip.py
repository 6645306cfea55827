"""Can the verifier judge this problem at all? The gold answer must pass, perturbed golds must fail (F8).

In: rows with an Answer. Out: `ok`, `gold` (status of the gold answer), `fooled` (perturbed golds judged right).
A problem whose verifier accepts a wrong answer, or refuses the right one, can only teach noise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.problem import Problem
from data_recipes.row import Shard
from data_recipes.steps.base import Measures, RowStep
from rewards import Answer, Status, verify

UNCHECKED = ("none",)  # rows without an answer
ACCEPTED_STRINGS = ("exact", "anls", "f1")  # their reference may be a list, any of which is right
TOLERANT = ("relaxed", "coordinates", "geometry")  # a wrong answer must lie well outside what they forgive
KM_A_DEGREE = 111.2  # of latitude
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class RoundTrip(RowStep):
    """`solutions` also runs every worked solution; code answers have no gold text, so only their solutions are run."""

    use: ClassVar[str] = "round_trip"
    measured: ClassVar[Mapping[str, str]] = {
        "ok": "gold and worked solutions are judged correct and no perturbed gold is",
        "gold": "status that the gold answer gets from its own verifier",
        "fooled": "perturbed golds that are judged correct, of those tried",
    }

    perturb: int = Field(default=4, ge=0, description="wrong answers tried")
    solutions: bool = True

    def measure(self, shard: Shard) -> list[Measures]:
        return [self._of(row.problem) for row in shard.rows]

    def _of(self, problem: Problem) -> Measures:
        answer = problem.answer
        if answer.verifier in UNCHECKED:
            return {}
        gold = gold_response(answer)
        verdict = verify(gold, answer) if gold is not None else None
        golden = str(verdict.status) if verdict else "no gold text"
        worked = [verify(solution.text, answer) for solution in problem.solutions] if self.solutions else []
        failed = next((found for found in worked if found.status is not Status.CORRECT), None)
        wrong = list(perturbed(answer, self.perturb))
        fooled = [text for text in wrong if verify(f"\\boxed{{{text}}}", answer).status is Status.CORRECT]
        judged = verdict is None or verdict.status is Status.CORRECT
        ok = judged and failed is None and not fooled and not (verdict is None and not worked)
        reason = (
            verdict.reason if verdict and not judged else failed.reason if failed else f"{fooled[0]!r} is judged correct" if fooled else ""
        )
        return {
            "ok": {"value": ok, "reason": reason, "verifier": answer.verifier},
            "gold": {"value": golden},
            "fooled": {"value": len(fooled), "of": len(wrong), "matched": fooled[:1]},
        }


def gold_response(answer: Answer) -> str | None:
    """The reference as a model would give it; None where the reference is no text (tests of a program)."""
    reference: Any = answer.reference
    if answer.verifier == "code" or reference is None:
        return None
    if isinstance(reference, (list, tuple)):
        first = reference[0] if answer.verifier in ACCEPTED_STRINGS and reference else list(reference)
        return f"\\boxed{{{first}}}"
    return f"\\boxed{{{reference}}}"


def perturbed(answer: Answer, most: int) -> Iterator[str]:
    """Wrong answers of the right form, at most `most`.

    Another choice, another place, words lost or in another order where few wrong letters are forgiven, or else the last number
    changed (to a multiple where near ones are forgiven).
    """
    reference: Any = answer.reference
    if answer.verifier == "ocr":
        words = str(reference).split()
        yield from [text for text in (" ".join(words[::-1]), " ".join(words[: len(words) // 2])) if text and text != str(reference)][:most]
        return
    if answer.params.get("metric") == "great_circle":
        yield from _elsewhere(reference[0], reference[1], answer.params.get("tolerance", 0.0), most)
        return
    choices = answer.params.get("choices") or answer.params.get("options")
    if choices:
        others = [str(choice) for choice in choices if str(choice) != str(reference)]
        yield from others[:most]
        return
    if answer.verifier in ACCEPTED_STRINGS and isinstance(reference, (list, tuple)):
        yield from (other for text in reference[:1] for other in _changed(str(text), False, most) if other not in reference)
        return
    if answer.verifier not in ("code", "iou", "point"):
        yield from _changed(str(reference), answer.verifier in TOLERANT or "tolerance" in answer.params, most)


def _elsewhere(latitude: float, longitude: float, tolerance_km: float, most: int) -> Iterator[str]:
    """Places farther away than the tolerance: the other side of the earth, and along the meridian towards the equator."""
    yield from [f"[{-latitude}, {longitude - 180.0 if longitude > 0 else longitude + 180.0}]"][:most]
    away = 1.5 * tolerance_km / KM_A_DEGREE + 1.0
    if away < 90.0 and most > 1:
        yield f"[{round(latitude - away if latitude > 0 else latitude + away, 6)}, {longitude}]"


def _changed(text: str, tolerant: bool, most: int) -> Iterator[str]:
    last = next(reversed(list(NUMBER.finditer(text))), None)
    if last is None:
        return
    number = last.group()
    if tolerant:
        changed = [str(round(float(number) * factor + factor, 6)) for factor in (2.0, 3.0, -1.0, 10.0)]
    elif "." in number:
        changed = [str(round(float(number) + delta, 6)) for delta in (1.0, 10.0, 0.5, -1.0)]
    else:
        changed = [str(int(number) + delta) for delta in (1, 10, 2, -1)]
    for other in dict.fromkeys(changed[:most]):
        if other != number:
            yield text[: last.start()] + other + text[last.end() :]
