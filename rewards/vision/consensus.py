"""`vqa`: the soft accuracy over the answers of several people (Antol et al. 2015, VQA; Goyal et al. 2017, VQA v2).

Leave each person out in turn; against the others a response scores min(number who gave it / 3, 1); the mean counts.
With ten people: given by one 0.3, by two 0.6, by three 0.9, by four or more 1.

Both sides are normalised as the benchmark does it: lower case; a comma inside a number goes; punctuation that
stands beside a blank goes, other punctuation becomes a blank, a point inside a number stays; zero to ten as
digits, "none" as 0; the articles go. Two departures: apostrophes go too, so that `dont` and `don't` are one (the
benchmark has a table of contractions for it), and the form is taken even where all people agree. What has nothing left in
that form ("a" as the letter, "?") stands for itself: else it would equal all that says nothing. `threshold` 0.5.
"""

from __future__ import annotations

import re
from typing import Any

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.match import MAX_CHARS
from rewards.text.stated import plain, stated
from rewards.verdict import Answer
from rewards.vision.numbers import WORDS

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_DIGITS = {word: str(value) for word, value in WORDS.items() if value <= 10} | {"none": "0"}
_ARTICLES = ("a", "an", "the")


def normal(text: str) -> str:
    """The benchmark's form of an answer."""
    whole = text = " ".join(text.lower().replace("'", "").replace("’", "").split())
    number_comma = re.search(r"\d,\d", whole) is not None
    for mark in _PUNCTUATION:
        beside_blank = f"{mark} " in whole or f" {mark}" in whole
        text = text.replace(mark, "" if beside_blank or number_comma else " ")
    words = [_DIGITS.get(word, word) for word in re.sub(r"\.(?!\d)", "", text).split()]
    return " ".join(word for word in words if word not in _ARTICLES)


def form(text: str) -> str:
    """The normal form, or the text where nothing is left of it."""
    return normal(text) or " ".join(text.lower().split())


def soft_accuracy(response: str, answers: list[str]) -> float:
    """Mean over the people left out of min(others who agree / 3, 1); strings are compared as they are."""
    agree = [answer == response for answer in answers]
    total = sum(agree)
    return sum(min((total - own) / 3.0, 1.0) for own in agree) / len(agree)


def _answers(reference: Any) -> list[str]:
    if isinstance(reference, list | tuple):
        # The benchmark's files hold {"answer": ..., "answer_id": ...} for each person.
        reference = [item.get("answer") if isinstance(item, dict) else item for item in reference]
    found = options.texts(reference, most=100)
    if len(found) < 2:
        raise ValueError("vqa needs the answers of at least two people; for one accepted answer use exact or anls")
    return [form(text) for text in found]


@register("vqa")
class VqaVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "threshold")
        answers, least = _answers(answer.reference), options.threshold(answer.params, 0.5)
        said = stated(response)
        if said is None or len(said.text) > MAX_CHARS:
            return Outcome.unparsed("no answer after the thoughts, or one that is too long")
        # Markup around the answer (**dog**, \\text{two}) is notation: the better reading counts.
        score = max(soft_accuracy(form(text), answers) for text in {said.text, plain(said.text)})
        return options.graded(score, least, said.text, "soft accuracy")
