"""Geometry of boxes and regions; pure functions.

A box is (x1, y1, x2, y2) with x1 < x2 and y1 < y2; anything else (inverted, without area) overlaps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Box = tuple[float, float, float, float]
Point = tuple[Fraction, Fraction]


def proper(box: Sequence[float | Fraction]) -> bool:
    """Has it an area?"""
    return box[0] < box[2] and box[1] < box[3]


def iou(a: Box, b: Box) -> float:
    """Intersection over union (Jaccard 1912): |A ∩ B| / (|A| + |B| - |A ∩ B|), in [0, 1]."""
    if not proper(a) or not proper(b):
        return 0.0
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    # Sides of 1e-200 multiply to zero: no area that a float can hold.
    return min(1.0, common / union) if union > 0 else 0.0


def match(overlaps: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The one-to-one assignment of rows to columns with the greatest sum (Kuhn 1955, the Hungarian method)."""
    if not overlaps or not overlaps[0]:
        return []
    import numpy
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(numpy.asarray(overlaps), maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def mean_iou(predictions: Sequence[Box], references: Sequence[Box]) -> float:
    """Sum of IoU over the best matching, over the larger number of boxes: a missed and a surplus box count alike.

    Visual-RFT's second form (Liu et al. 2025), with an optimal instead of a greedy matching. Both empty: 1.
    """
    most = max(len(predictions), len(references))
    if not most:
        return 1.0
    overlaps = [[iou(ours, theirs) for theirs in references] for ours in predictions]
    return sum(overlaps[row][column] for row, column in match(overlaps)) / most


def f1_at(predictions: Sequence[Box], references: Sequence[Box], least: float) -> float:
    """F1 of detection: 2·TP / (predictions + references), TP the most pairs that can match with IoU >= least. Both empty: 1."""
    total = len(predictions) + len(references)
    if not total:
        return 1.0
    hits = [[float(iou(ours, theirs) >= least) for theirs in references] for ours in predictions]
    return 2.0 * sum(hits[row][column] for row, column in match(hits)) / total


def in_box(point: Point, box: Sequence[Fraction]) -> bool:
    """Inside or on the border."""
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def in_polygon(point: Point, polygon: Sequence[Point]) -> bool:
    """Inside or on the border, by the even-odd rule (Shimrat 1962); exact with fractions."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if side == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return True
        # An edge is crossed by the ray to the right when the point is left of it, seen upwards.
        if (ay > y) != (by > y) and (side > 0) == (by > ay):
            inside = not inside
    return inside
