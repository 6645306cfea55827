"""A verifier that nothing of ours registers, for `rewards.modules=[own_verifier]`."""

from __future__ import annotations

from rewards.registry import Outcome, Rule, register
from rewards.verdict import Answer


@register("own")
class OwnVerifier(Rule):
    version = "1"

    def judge(self, response: str, answer: Answer) -> Outcome:
        return Outcome.of(response == answer.reference, response, "as written")
