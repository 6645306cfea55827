"""Can the verifier judge this problem at all? The gold answer must pass, perturbed golds must fail (F8).

In: rows with an Answer. Out: `ok`, `gold` (status of the gold answer), `fooled` (perturbed golds judged right).
A problem whose verifier accepts a wrong answer, or refuses the right one, can only teach noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from data_recipes.golds import gold_response, perturbed
from data_recipes.problem import Problem
from data_recipes.row import Shard
from data_recipes.steps.base import Measures, RowStep
from rewards import Status, verify

UNCHECKED = ("none",)  # rows without an answer
UNPROVEN = ("ifeval", "json_schema", "format")  # many texts are right; parameters and schema were checked when the row was read


class RoundTrip(RowStep):
    """`solutions` also runs every worked solution. Where no one text is right only they are run: without any, nothing is shown
    of a code answer's tests, which may be wrong, so `ok` is false; nothing is wrong with instructions or a schema, so it is null.
    """

    use: ClassVar[str] = "round_trip"
    measured: ClassVar[Mapping[str, str]] = {
        "ok": "gold and worked solutions are judged correct and no perturbed gold is; null where a form is asked for and no solution given",
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
        untried = verdict is None and not worked
        ok = judged and failed is None and not fooled and not untried
        reason = ""
        if untried:
            reason = "no gold text, and no worked solution to run"
        elif verdict and not judged:
            reason = verdict.reason
        elif failed:
            reason = failed.reason
        elif fooled:
            reason = f"{fooled[0]!r} is judged correct"
        return {
            "ok": {"value": None if untried and answer.verifier in UNPROVEN else ok, "reason": reason, "verifier": answer.verifier},
            "gold": {"value": golden},
            "fooled": {"value": len(fooled), "of": len(wrong), "matched": fooled[:1]},
        }
