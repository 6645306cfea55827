"""`geometry`: a length, area, volume or angle; equal exactly, units converted.

    {"verifier": "geometry", "reference": "12 cm"}            or {"reference": 12, "unit": "cm"}
    {"verifier": "geometry", "reference": "30°"}              π/6 rad is right, π/6 too: only radians carry π

Policy: a unit is allowed when the reference has none, and must then only be a unit; when the reference has one, the
response's must be of the same kind and the quantity the same (`5 m` is not `5 cm`, but is `500 cm`); a response
without a unit is read in the reference's, unless `unit_required`. `x = 5`, `AB = 5` and "the area is 5" are 5.
Letters that are no unit are never dropped: `5 apples` and `3t` are unparsed.

Params: `unit`; `unit_required` (false); `tolerance` (relative, 0: exact; a decimal for an irrational reference needs one).
"""

from __future__ import annotations

import re
from dataclasses import replace

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.stated import denied, plain, shown, stated
from rewards.verdict import Answer
from rewards.vision.numbers import numbers
from rewards.vision.quantity import Quantity, approximate, in_base, parse, parse_unit

# The sign alone: in ">=", "!=" and "=/=" it gives nothing.
_GIVES = re.compile(
    r"(?:(?<![<>!=/≠])=(?![=/])|≈|\bis|\bare|\bequals|\bmeasures)\s+(?:about\s+|exactly\s+|approximately\s+)?|(?<![<>!=/≠])=(?![=/])|≈|[一-鿿]是",
    re.IGNORECASE,
)


_SEVERAL = re.compile(r"[,;]|\b(?:and|or)\b", re.IGNORECASE)


def read(text: str, marked: bool = True) -> Quantity | None:
    """The quantity a stated answer comes down to: all of it, or all that follows its last "=" or "is".

    Prose that is not marked as the answer may hold no other number; a marked one may be a chain (`x = 10/2 = 5`),
    but no enumeration (`x = 5, y = 6`).
    """
    text = plain(text).strip()
    text = text.removesuffix(".") if not text.endswith(("sq.", "cu.")) else text
    if (whole := parse(text)) is not None:
        return whole
    gives = list(_GIVES.finditer(text))
    # A sign is denied where the words before it are: "it is not = 5", "I don't think x = 5".
    if not gives or any(denied(text, at, len(text)) for at in (gives[-1].start(), gives[-1].end())):
        return None
    before = text[: gives[-1].start()]
    if not marked and next(numbers(before), None) is not None:
        return None
    if len(gives) > 1 and _SEVERAL.search(before):
        return None
    return parse(text[gives[-1].end() :])


def _reference(answer: Answer) -> Quantity:
    value = answer.reference
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"reference {value!r} is not a quantity")
    found = read(str(value)) if isinstance(value, str) else parse(f"{value}")
    if found is None:
        raise ValueError(f"reference {value!r} is not a quantity such as '12 cm', '5√3' or '30°'")
    if "unit" in answer.params:
        unit = parse_unit(str(answer.params["unit"]))
        if unit is None:
            raise ValueError(f"param 'unit': {answer.params['unit']!r} is not a unit of length, area, volume or angle")
        if found.unit not in (None, unit):
            raise ValueError(f"reference {value!r} has another unit than param 'unit' ({answer.params['unit']!r})")
        found = replace(found, unit=unit)
    return found


def same(response: Quantity, reference: Quantity, tolerance: float) -> bool:
    """Equal as quantities, where both have units or neither; else as numbers."""
    if response.unit and reference.unit:
        if response.unit.kind != reference.unit.kind:
            return False
        ours, theirs = in_base(response), in_base(reference)
    elif reference.unit and reference.unit.kind == "angle" and any(pi for pi, _ in response.value):
        radians = parse_unit("rad")
        ours, theirs = in_base(Quantity(response.value, radians)), in_base(reference)
    else:
        ours, theirs = response.value, reference.value
    if not tolerance:
        return ours == theirs
    return abs(approximate(ours) - approximate(theirs)) <= tolerance * abs(approximate(theirs))


@register("geometry")
class GeometryVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "unit", "unit_required", "tolerance")
        tolerance = options.number(answer.params, "tolerance", 0.0, 0.0, 1.0)
        required = options.flag(answer.params, "unit_required", False)
        reference = _reference(answer)
        if required and reference.unit is None:
            raise ValueError("param 'unit_required' is set, but the reference has no unit")
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        found, *others = [read(part, said.marked) for part in said.parts or (said.text,)]
        if any(other != found for other in others):
            return Outcome.of(False, shown(said.text), "several answers beside each other")
        if found is None:
            return Outcome.unparsed("not a quantity as a whole", shown(said.text))
        if required and found.unit is None:
            return Outcome.of(False, shown(said.text), "no unit")
        right = same(found, reference, tolerance)
        return Outcome.of(right, shown(said.text), "the same quantity" if right else "another quantity")
