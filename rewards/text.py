"""`choice`: the final answer is one of a closed set of words; letter case and outer blanks do not matter."""

from __future__ import annotations

import time

from rewards.extract import final_answer
from rewards.registry import register
from rewards.verdict import Answer, Status, Verdict


@register("choice")
class ChoiceVerifier:
    """`params["choices"]` lists the words that count as an answer; anything else is unparsed."""

    version = "1"

    def verify(self, response: str, answer: Answer) -> Verdict:
        start = time.perf_counter()
        choices = [str(choice).casefold() for choice in answer.params.get("choices", ())]
        reference = answer.reference.strip().casefold()
        if reference not in choices:
            raise ValueError(f"reference {answer.reference!r} is not among params['choices'] {choices}")

        def verdict(status: Status, extracted: str | None, why: str) -> Verdict:
            score = 1.0 if status is Status.CORRECT else 0.0
            return Verdict(status, score, extracted, why, time.perf_counter() - start, f"choice@{self.version}")

        extracted = final_answer(response)
        if extracted is None:
            return verdict(Status.UNPARSED, None, "no \\boxed{...} after the thoughts")
        given = extracted.strip().casefold()
        if given not in choices:
            return verdict(Status.UNPARSED, extracted, f"{extracted!r} is none of {', '.join(choices)}")
        if given == reference:
            return verdict(Status.CORRECT, extracted, "equal")
        return verdict(Status.WRONG, extracted, f"{extracted} is not {answer.reference}")
