"""`none`: rows that have no answer to check (documents, captions). Scoring one is a mistake of the caller's, never a zero."""

from __future__ import annotations

from rewards.registry import Outcome, Rule, register
from rewards.verdict import Answer, Status


@register("none")
class NoAnswer(Rule):
    version = "1"

    def judge(self, response: str, answer: Answer) -> Outcome:
        return Outcome(Status.ERROR, None, "this row has no answer to verify; it is data to read, not a prompt to score")
