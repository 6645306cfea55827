"""What is known of an answer without its question: its format in words, and how many answers there are to guess from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rewards.verdict import Answer

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:/\d+)?|\\d?frac\{\d+\}\{\d+\}")
_PAIRS = ({"yes", "no"}, {"true", "false"})


def kind_of(answer: Answer) -> str:
    """The format of an answer, as a guesser may be told: "a whole number", "one of: red, blue"."""
    if options := options_of(answer):
        return f"one of: {', '.join(options)}"
    reference = answer.reference
    text = "" if reference is None else str(reference).strip()
    if answer.verifier == "choice":
        return "the letter of one option"
    if answer.verifier == "number_list" and isinstance(reference, str):
        return f"a list of {len(text.replace(',', ' ').split())} numbers"
    if isinstance(reference, list | tuple):
        return f"a list of {len(reference)} values"
    plain = text.replace(",", "").replace("$", "").strip()
    if _WHOLE.fullmatch(plain):
        return "a whole number"
    if _NUMBER.fullmatch(plain):
        return "a number"
    if answer.verifier == "math":
        return "a mathematical expression"
    return "one word" if text.isalpha() else "a short text"


def options_of(answer: Answer) -> tuple[str, ...]:
    """The closed set that an answer is one of; empty where there is none."""
    choices, options = answer.params.get("choices"), answer.params.get("options")
    if isinstance(choices, list | tuple):
        return tuple(str(choice) for choice in choices)
    if isinstance(options, Mapping):
        return tuple(str(key) for key in options)
    if isinstance(options, list | tuple):
        return tuple(chr(ord("A") + at) for at in range(len(options)))
    for pair in _PAIRS:
        if str(answer.reference).strip().casefold() in pair:
            return tuple(sorted(pair, reverse=True))
    return ()


class AnswerSpace:
    """How many answers a guesser chooses from: the closed set, or what rows of the same kind show.

    In an open group it is the effective number 1 / sum(p²) of its references (the inverse Simpson index): the chance that
    a guess drawn from the group's own answers is right is one in so many.
    """

    def __init__(self) -> None:
        self._references: dict[str, Counter[str]] = {}
        self._effective: dict[str, float] = {}

    def add(self, group: str, answer: Answer) -> None:
        self._references.setdefault(group, Counter())[str(answer.reference)] += 1
        self._effective.pop(group, None)

    def size(self, group: str, answer: Answer) -> dict[str, Any]:
        """{"answers": K, "answers_by": how it is known}."""
        if options := options_of(answer):
            return {"answers": len(options), "answers_by": "closed set"}
        if group not in self._effective:
            counts = self._references[group]
            total = counts.total()
            self._effective[group] = round(total * total / sum(count * count for count in counts.values()), 4)
        return {"answers": self._effective[group], "answers_by": f"effective number of references in {group}"}


def chance_of_a_hit(answers: float, n: int) -> float:
    """1 - (1 - 1/K)^n: that one of n blind guesses among K equally likely answers is right; six digits."""
    return round(1 - (1 - 1 / answers) ** n, 6)
