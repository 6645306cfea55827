"""`iou`, `point`, `coordinates`: places in a picture.

    {"verifier": "iou", "reference": [10, 20, 110, 220]}                        one box: IoU
    {"verifier": "iou", "reference": [[0, 0, 9, 9], [20, 0, 29, 9]]}            several: matched one to one
    {"verifier": "point", "reference": [10, 20, 110, 220]}                      or a list of boxes, or a polygon [[x, y], …]
    {"verifier": "coordinates", "reference": [3, 4], "tolerance": 5}            or three numbers, or more

Params of all three:
    coordinates            frame of the response: pixel (default), normalised (0–1), percent (0–100), thousandths (0–1000)
    reference_coordinates  frame of the reference, pixel by default
    size                   [width, height] of the image in pixels, needed where pixels meet another frame
Params of `iou`:
    threshold        0.5, the least score that is correct
    format           xyxy (default) or xywh, of the reference and, unless `response_format` says otherwise, the response
    response_format  as `format`
    measure          for several boxes: mean (sum of matched IoU over the larger count; default) or f1 (at `match_threshold`)
    match_threshold  0.5
Params of `coordinates`:
    tolerance  0 by default (exact); in the reference's frame
    metric     euclidean (default) or chebyshev (each coordinate within the tolerance); great_circle: latitude and longitude
               in degrees, the tolerance in kilometres along the earth's surface, above 0; no frames
    scale      kilometres, of great_circle alone: the score is exp(-distance / scale) in place of 1 or 0
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.stated import Stated, plain, shown, stated
from rewards.verdict import Answer
from rewards.vision import globe, regions
from rewards.vision.boxes import CORNERS, SIZES, Frame, Values, exact, read_boxes, read_tuples, scaled, scales

MAX_BOXES = 300  # on either side; 300 matched to 300 take about a tenth of a second
MAX_VERTICES = 2_000

_FRAMES = ("coordinates", "reference_coordinates", "size")


def _frames(params: Mapping[str, Any]) -> tuple[Frame, tuple[Fraction, Fraction]]:
    """The response's frame, and the factors from it to the reference's."""
    source = Frame(options.one_of(params, "coordinates", *Frame))
    target = Frame(options.one_of(params, "reference_coordinates", *Frame))
    size = params.get("size")
    if size is not None:
        size = options.reals(size, 2, "param 'size'")
        if min(size) <= 0:
            raise ValueError(f"param 'size': {list(size)} is not a width and a height above 0")
    return source, scales(source, target, size)


def _corners(box: Values, form: str) -> Values:
    return box if form == "xyxy" else (box[0], box[1], box[0] + box[2], box[1] + box[3])


def _reference_box(value: Any, form: str = "xyxy") -> Values:
    box = _corners(tuple(exact(number) for number in options.reals(value, 4, "reference box")), form)
    if not regions.proper(box):
        raise ValueError(f"reference box {value!r} ({form}) has no area")
    return box


def _floats(box: Values) -> regions.Box:
    x1, y1, x2, y2 = (float(value) for value in box)
    return x1, y1, x2, y2


def _nested(reference: Any) -> bool:
    return isinstance(reference, list | tuple) and all(isinstance(item, list | tuple) for item in reference)


def _only(found: Sequence[Values], what: str, said: Stated) -> Values | Outcome:
    """The one of `found`; several different ones are wrong where marked as the answer, else unparsed."""
    different = list(dict.fromkeys(found))
    if not different:
        return Outcome.unparsed(f"no {what}", shown(said.text))
    if len(different) == 1:
        return different[0]
    if said.marked:
        return Outcome.of(False, shown(said.text), f"{len(different)} different {what}s")
    return Outcome.unparsed(f"{len(different)} different {what}s, none marked as the answer", shown(said.text))


@register("iou")
class IouVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        params = answer.params
        options.known(params, "threshold", "format", "response_format", "measure", "match_threshold", *_FRAMES)
        least = options.threshold(params, 0.5)
        form = options.one_of(params, "format", "xyxy", "xywh")
        response_form = options.one_of({"response_format": form, **params}, "response_format", "xyxy", "xywh")
        labels = CORNERS if response_form == "xyxy" else SIZES
        kind = options.one_of(params, "measure", "mean", "f1")
        match_least = options.number(params, "match_threshold", 0.5, 0.0, 1.0)
        frame, factors = _frames(params)
        many = _nested(answer.reference)
        references = [_reference_box(box, form) for box in (answer.reference if many else [answer.reference])]
        if len(references) > MAX_BOXES:
            raise ValueError(f"reference holds {len(references)} boxes, at most {MAX_BOXES} are matched")
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        text = plain(said.text)
        found = [scaled(_corners(box, response_form), factors) for box in read_boxes(text, labels, frame)]
        if not many:
            box = _only(found, "box", said)
            if isinstance(box, Outcome):
                return box
            score = regions.iou(_floats(box), _floats(references[0]))
            return options.graded(score, least, said.text, "IoU" if regions.proper(box) else "a box without area, IoU")
        if not found and text.strip(" .").casefold() not in ("[]", "none", "no boxes", "no objects"):
            return Outcome.unparsed("no box", shown(said.text))
        if len(found) > MAX_BOXES:
            return Outcome.unparsed(f"more than {MAX_BOXES} boxes", shown(said.text))
        ours, theirs = [_floats(box) for box in found], [_floats(box) for box in references]
        score = regions.mean_iou(ours, theirs) if kind == "mean" else regions.f1_at(ours, theirs, match_least)
        return options.graded(score, least, said.text, f"{len(ours)} boxes for {len(theirs)}, {kind}")


@register("point")
class PointVerifier(Rule):
    """Is the one point of the response inside the region, or on its border?"""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, *_FRAMES)
        frame, factors = _frames(answer.params)
        region = self._region(answer.reference)
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        found = _only(read_tuples(plain(said.text), 2, frame), "point", said)
        if isinstance(found, Outcome):
            return found
        x, y = scaled(found, factors)
        inside = any(test((x, y), shape) for test, shape in region)
        return Outcome.of(inside, shown(said.text), "inside" if inside else "outside")

    @staticmethod
    def _region(reference: Any) -> list[tuple[Any, Any]]:
        """Tests with the shapes they take: the boxes, or one polygon."""
        if not _nested(reference):
            return [(regions.in_box, _reference_box(reference))]
        if reference and all(len(item) == 2 for item in reference):
            vertices = [tuple(exact(value) for value in options.reals(item, 2, "reference vertex")) for item in reference]
            if len(set(vertices)) < 3 or len(vertices) > MAX_VERTICES:
                raise ValueError(f"reference polygon of {len(vertices)} vertices; 3 to {MAX_VERTICES} different ones are needed")
            return [(regions.in_polygon, vertices)]
        if not 1 <= len(reference) <= MAX_BOXES:
            raise ValueError(f"reference holds {len(reference)} boxes; 1 to {MAX_BOXES} are needed")
        return [(regions.in_box, _reference_box(box)) for box in reference]


@register("coordinates")
class CoordinatesVerifier(Rule):
    """Is the one point of the response within `tolerance` of the reference? Exact arithmetic: the border counts."""

    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        params = answer.params
        options.known(params, "tolerance", "metric", "scale", *_FRAMES)
        tolerance = exact(options.number(params, "tolerance", 0.0, 0.0, 1e9))
        metric = options.one_of(params, "metric", "euclidean", "chebyshev", "great_circle")
        if metric == "great_circle":
            return self._on_the_globe(response, answer, float(tolerance))
        if "scale" in params:
            raise ValueError(f"param 'scale' belongs to the metric great_circle, not to {metric}")
        frame, factors = _frames(params)
        if not isinstance(answer.reference, list | tuple) or not 1 < len(answer.reference) <= 16:
            raise ValueError(f"reference {answer.reference!r} is not a point of 2 to 16 numbers")
        reference = tuple(exact(value) for value in options.reals(answer.reference, len(answer.reference), "reference point"))
        if len(reference) != 2 and factors != (1, 1):
            raise ValueError("frames are for points of two coordinates")
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        found = _only(read_tuples(plain(said.text), len(reference), frame), "point", said)
        if isinstance(found, Outcome):
            return found
        gaps = [abs(ours - theirs) for ours, theirs in zip(scaled(found, factors), reference, strict=True)]
        near = max(gaps) <= tolerance if metric == "chebyshev" else sum(gap * gap for gap in gaps) <= tolerance * tolerance
        return Outcome.of(near, shown(said.text), f"{'within' if near else 'not within'} {float(tolerance):g} ({metric})")

    @staticmethod
    def _on_the_globe(response: str, answer: Answer, tolerance: float) -> Outcome:
        """Where on the earth was that? (K54) `exp(-distance / scale)` grades as the game GeoGuessr does."""
        params = answer.params
        framed = next((name for name in _FRAMES if name in params), None)
        if framed is not None:
            raise ValueError(f"param {framed!r} is for pictures; the metric great_circle takes degrees")
        if not tolerance:
            raise ValueError("param 'tolerance' is needed by the metric great_circle: kilometres, above 0")
        scale = options.number(params, "scale", 0.0, 1e-3, 1e5) if "scale" in params else None
        latitude, longitude = options.reals(answer.reference, 2, "reference place")
        if not globe.on_earth(latitude, longitude):
            raise ValueError(f"reference place [{latitude:g}, {longitude:g}] is not a latitude in ±90 and a longitude in ±180 degrees")
        said = stated(response)
        if said is None:
            return Outcome.unparsed("no answer after the thoughts")
        found = _only(read_tuples(globe.as_tuples(plain(said.text)), 2), "place", said)
        if isinstance(found, Outcome):
            return found
        place = float(found[0]), float(found[1])
        if not globe.on_earth(*place):
            return Outcome.of(False, shown(said.text), "no place on the earth: latitude in ±90, longitude in ±180 degrees")
        distance = globe.great_circle(place, (latitude, longitude))
        near = distance <= tolerance * (1 + options.SLACK)
        if scale is None:
            return Outcome.of(near, shown(said.text), f"{distance:.4g} km away, {tolerance:g} allowed")
        return options.graded(math.exp(-distance / scale), math.exp(-tolerance / scale), said.text, f"{distance:.4g} km away, score")
