"""From what a record gives as its answer to an `Answer`: the verifier that fits the answer's form, unless one is named.

choices given                        choice       reference: the letter
a number, a formula, 3 apples        math         anything with a digit, a backslash or a sign of mathematics in it
a list of numbers                    number_list
a list of texts                      exact        any of them is right
a lone letter A to E                 choice       its options stand in the question
true, false; other words; CO2        exact
2021-03-12, 3/12/2021, 10-20         exact        dates, ranges and numbers with dashes, which would be sums
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from data_recipes.sources.prompts import decoded
from data_recipes.sources.unfit import Unfit, shown
from rewards.registry import Rule, get, verify
from rewards.verdict import Answer, Status

NONE = "none"  # no verifier: documents, supervised examples
SELF_CONTAINED = (NONE, "code", "ifeval", "format")  # verifiers whose params say it all: an answer is not needed
STRUCTURED = ("iou", "point", "coordinates", "vqa", "json_schema", "ifeval", "attribute", "number_list")  # by more than one text
WORDED = (None, "exact", "f1", "anls", "ocr", "relaxed")  # any text of a list is right; None: by the form
MAX_WORDED = 100  # characters of an answer in words that can be compared word for word
_LONE_LETTER = re.compile(r"\s*\(?([A-Za-z])\)?\.?\s*")
_MATHEMATICAL = re.compile(r"[\d\\^=√π∞±∅]|^\s*[A-Za-z]\s*$")
_CHEMICAL = re.compile(r"\s*(?=\D*\d)(?:[A-Z][a-z]?\d*){2,}\s*")  # CO2: as a product of names C2O would be the same
_DASHED = re.compile(r"\s*\d+(?:(?:[-\u2013]\d+)+|(?:/\d+){2})\s*")
_FUNCTIONS = "sqrt|sin|cos|tan|cot|sec|csc|log|ln|exp|pi|min|max|gcd|lcm|mod|arcsin|arccos|arctan|frac"
_BEGINS_WITH_A_WORD = re.compile(rf"\s*(?!(?:{_FUNCTIONS})(?![A-Za-z]))[^\W\d_]{{3,}}")


def answer_of(
    value: Any,
    field: str,
    *,
    choices: Mapping[str, str] | None = None,
    verifier: str | None = None,
    params: Mapping[str, Any] | None = None,
    first_choice: int | None = None,
) -> Answer:
    """The Answer for a record's answer cell. `first_choice` is the number by which numeric answers name the first choice.

    Raises Unfit naming `field` for an answer that is missing, empty or of no form that can be judged.
    """
    given = dict(params or {})
    if verifier in SELF_CONTAINED:
        return readable(Answer(verifier or NONE, value if _json(value) and value != "" else None, given), field)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Unfit(f"field {field!r}: there is no answer; a text or a number is expected")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit(f"field {field!r}: {value} is no answer; a text or a finite number is expected")
    if choices is not None and verifier in (None, "choice"):
        return _choice(value, field, choices, given, first_choice)
    if verifier is not None:
        if not _json(value):
            raise Unfit(f"field {field!r}: a {type(value).__name__} is no answer; text, number, list or mapping is expected")
        if verifier == "number_list" and isinstance(value, list | tuple):
            value = ", ".join(number_text(item) if isinstance(item, float) else str(item) for item in value)
        return readable(Answer(verifier, value.strip() if isinstance(value, str) else value, given), field)
    name, reference = by_form(value, field)
    return Answer(name, reference, given)


def of_text(cell: Any, verifier: str | None) -> Any:
    """The answer in a cell that can only hold text: JSON where the verifier takes more than one text, and a list of texts where
    any of them is right. `[1, 2]` for `math` or by its form stays what it says: it may be an interval."""
    value = decoded(cell)
    if verifier in STRUCTURED:
        return value
    texts = isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
    return value if texts and verifier in WORDED else cell


def readable(answer: Answer, field: str) -> Answer:
    """The answer, if its verifier can read it. Raises Unfit with the verifier's own words for a number that is none, a code
    answer without tests, a parameter that the verifier does not have."""
    if answer.verifier == "code":
        from rewards.code.problem import read_problem

        try:
            read_problem(answer)
        except (ValueError, TypeError, KeyError) as error:
            raise Unfit(f"field {field!r}: verifier 'code' cannot use the answer: {error}") from None
    elif answer.verifier != NONE and isinstance(get(answer.verifier), Rule):
        verdict = verify("\\boxed{0}", answer)
        if verdict.status is Status.ERROR:
            raise Unfit(f"field {field!r}: verifier {answer.verifier!r} cannot read {shown(answer.reference)}: {verdict.reason}")
    return answer


def by_form(value: Any, field: str) -> tuple[str, Any]:
    """(verifier, reference) that fit the form of `value`."""
    if isinstance(value, bool):
        return "exact", "true" if value else "false"
    if isinstance(value, int | float):
        return "math", number_text(value)
    if isinstance(value, str):
        text = value.strip()
        if text in tuple("ABCDE"):
            return "choice", text
        if looks_mathematical(text):
            return "math", text
        if len(text) > MAX_WORDED:
            raise Unfit(
                f"field {field!r}: an answer of {len(text)} characters in words has no verifier by its form; "
                "name one (verifier: f1), or `verifier: none` for examples without a checked answer"
            )
        return "exact", text
    if isinstance(value, list | tuple) and value:
        if all(isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item) for item in value):
            return "number_list", ", ".join(number_text(item) for item in value)
        if all(isinstance(item, str) and item.strip() for item in value):
            return "exact", [item.strip() for item in value]
    raise Unfit(f"field {field!r}: {shown(value)} is no answer; a text, a number, or a list of one of them is expected")


def looks_mathematical(text: str) -> bool:
    """Whether the `math` verifier is to judge: numbers, formulas, quantities; not "Route 66" (begins with a word), CO2, 2021-03-12."""
    if _BEGINS_WITH_A_WORD.match(text) or _CHEMICAL.fullmatch(text) or _DASHED.fullmatch(text):
        return False
    return bool(_MATHEMATICAL.search(text))


def number_text(value: int | float) -> str:
    """Digits without an exponent: 1e-07 is 0.0000001."""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else format(Decimal(repr(value)), "f")


def _json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _json(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(_json(inner) for inner in value)
    return isinstance(value, str | int | float | bool) and value == value


def _choice(value: Any, field: str, choices: Mapping[str, str], params: Mapping[str, Any], first: int | None) -> Answer:
    from rewards.text.choice import read_options, right_key

    if first is not None:
        place = int(value) - first if re.fullmatch(r"\s*\d+\s*", str(value)) else -1
        if not 0 <= place < len(choices):
            raise Unfit(f"field {field!r}: {value!r} is none of {first} to {first + len(choices) - 1}, the numbers of the choices")
        value = list(choices)[place]
    # options whose texts are their letters are shown in the picture
    options = dict.fromkeys(choices, "") if all(form == text for form, text in choices.items()) else dict(choices)
    lone = _LONE_LETTER.fullmatch(str(value))
    answer = Answer("choice", lone[1] if lone else str(value).strip(), {"options": options, **params})
    try:
        key = right_key(answer.reference, read_options(answer))
    except ValueError as error:
        hint = "; set `first_choice: 0` (or 1) if the answers count the choices" if isinstance(value, int) else ""
        raise Unfit(f"field {field!r}: {error}{hint}") from None
    return Answer("choice", key, answer.params)


def lettered(texts: Sequence[Any], field: str) -> dict[str, str]:
    """Choices by letter: A, B, C, …"""
    found = [str(text).strip() for text in texts]
    if not 2 <= len(found) <= len(string.ascii_uppercase):
        raise Unfit(f"field {field!r}: {len(found)} choices; 2 to {len(string.ascii_uppercase)} are expected")
    if "" in found:
        raise Unfit(f"field {field!r}: choice {string.ascii_uppercase[found.index('')]} is empty")
    return dict(zip(string.ascii_uppercase, found, strict=False))


def with_choices(question: str, choices: Mapping[str, str]) -> str:
    """The question, and the choices below it, one a line; only their letters where the picture shows the rest."""
    if all(form == text for form, text in choices.items()):
        return f"{question}\nChoices: {', '.join(choices)}"
    return question + "".join(f"\n({letter}) {text}" for letter, text in choices.items())
