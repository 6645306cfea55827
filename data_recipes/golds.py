"""A row's right answer as a model would give it, and wrong ones of the same form. Pure.

In: an Answer. Out: a response, texts for a box. Whoever has the verifier judge them learns whether its verdicts on that row
mean anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rewards import Answer
from rewards.text.choice import read_options, right_key
from rewards.vision.boxes import Frame, exact, scaled, scales

NO_TEXT = ("code", "ifeval", "json_schema", "format")  # what is right is told by tests, instructions, a schema, tags: not by one text
ACCEPTED = ("exact", "anls", "f1", "ocr", "relaxed")  # their reference may be a list, any of which is right
TOLERANT = ("relaxed", "geometry")  # a wrong answer must lie well outside what they forgive
PLACED = ("iou", "point", "coordinates")  # the response may have to count in another frame than the reference
KM_A_DEGREE = 111.2  # of latitude
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def gold_response(answer: Answer) -> str | None:
    """The reference as a model would give it; None where no text is."""
    reference: Any = answer.reference
    if answer.verifier in NO_TEXT or reference is None:
        return None
    if answer.verifier in PLACED:
        try:
            return f"\\boxed{{{_placed(answer)}}}"
        except (ValueError, TypeError, IndexError):
            return f"\\boxed{{{reference}}}"  # it is no place: the verifier says what is wrong with it
    if isinstance(reference, (list, tuple)):
        return f"\\boxed{{{_accepted(answer)[0] if _accepted(answer) else list(reference)}}}"
    return f"\\boxed{{{reference}}}"


def perturbed(answer: Answer, most: int) -> Iterator[str]:
    """Wrong answers of the right form, at most `most`.

    Another choice, another place, words lost or in another order where few wrong letters are forgiven, or else the last number
    changed (to a multiple where near ones are forgiven).
    """
    reference: Any = answer.reference
    accepted = _accepted(answer)
    if answer.verifier == "ocr":
        words = str(accepted[0] if accepted else reference).split()
        others = (" ".join(words[::-1]), " ".join(words[: len(words) // 2]))
        yield from [text for text in others if text and text not in (accepted or [str(reference)])][:most]
    elif answer.params.get("metric") == "great_circle":
        yield from _elsewhere(reference[0], reference[1], answer.params.get("tolerance", 0.0), most)
    elif answer.verifier == "coordinates":
        yield from _beside(answer)[:most]
    elif answer.verifier == "choice":
        yield from _other_choices(answer)[:most]
    elif accepted:
        yield from (other for other in _changed(accepted[0], answer.verifier in TOLERANT, most) if other not in accepted)
    elif answer.verifier not in (*NO_TEXT, "iou", "point"):
        yield from _changed(str(reference), answer.verifier in TOLERANT or "tolerance" in answer.params, most)


def _accepted(answer: Answer) -> list[str]:
    """Texts of which one is right, the best first; empty where the reference is no such list."""
    reference: Any = answer.reference
    if not isinstance(reference, (list, tuple)):
        return []
    if answer.verifier == "vqa":  # what people said: right is what most of them did
        said = [str(one.get("answer") if isinstance(one, Mapping) else one) for one in reference]
        return [text for text, _ in Counter(said).most_common()]
    return [str(text) for text in reference] if answer.verifier in ACCEPTED else []


def _other_choices(answer: Answer) -> list[str]:
    """Words that are not the right one; letters that are not, however the reference names it. None where it names no option."""
    if "choices" in answer.params:
        right = str(answer.reference).strip().casefold()
        return [str(choice) for choice in answer.params["choices"] if str(choice).casefold() != right]
    try:
        options = read_options(answer)
        key = right_key(answer.reference, options)
    except ValueError:
        return []  # the gold answer's verdict says so
    return [other for other in options if other != key]


def _placed(answer: Answer) -> str:
    """A box, boxes or a point in the frame and form that a response has to use; of a region a point on its border.

    Written as fractions, which have no rounding by which a point on the border falls outside.
    """
    reference: Any = answer.reference
    params = answer.params
    nested = isinstance(reference[0], (list, tuple))
    if answer.verifier == "point":
        return _group((reference[0] if nested else reference)[:2], params)
    if answer.verifier == "iou" and nested:
        return ", ".join(_group(_boxed(box, params), params) for box in reference)
    return _group(_boxed(reference, params) if answer.verifier == "iou" else reference, params)


def _boxed(box: Sequence[float], params: Mapping[str, Any]) -> Sequence[Any]:
    """A reference box in the form that the response is read in."""
    form = params.get("format", "xyxy")
    wanted = params.get("response_format", form)
    if form == wanted:
        return box
    x, y, right, low = map(exact, box)
    return (x, y, x + right, y + low) if wanted == "xyxy" else (x, y, right - x, low - y)


def _group(values: Sequence[Any], params: Mapping[str, Any]) -> str:
    ours, theirs = (Frame(params.get(name, Frame.PIXEL)) for name in ("coordinates", "reference_coordinates"))
    if ours is theirs:
        return f"[{', '.join(map(str, values))}]"
    moved = scaled(tuple(map(exact, values)), scales(theirs, ours, params.get("size")))
    return f"[{', '.join(map(str, moved))}]"


def _beside(answer: Answer) -> list[str]:
    """Points more than twice the tolerance away along an axis: near the picture's edge a multiple of a coordinate is close by."""
    reference: Any = answer.reference
    away = 2 * exact(answer.params.get("tolerance", 0)) + 1
    if not isinstance(reference, (list, tuple)):
        return []
    moves = [(at, sign * away) for sign in (1, -1) for at in range(len(reference))]
    points = [[*reference[:at], exact(reference[at]) + move, *reference[at + 1 :]] for at, move in moves]
    return [_group([exact(value) for value in point], answer.params) for point in points]


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
