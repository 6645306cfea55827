"""IoU and point in region against shapely, matching against all permutations, on 10,000 random cases each."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
import shapely

from rewards.vision import regions

CASES = 10_000


def random_box(rng: random.Random, whole: bool) -> regions.Box:
    # Whole numbers on a small grid touch, contain and coincide often.
    (x1, x2), (y1, y2) = (sorted(rng.sample(range(12), 2)) if whole else sorted(rng.uniform(-50, 50) for _ in "ab") for _ in "xy")
    return float(x1), float(y1), float(x2), float(y2)


@pytest.mark.parametrize("whole", [True, False])
def test_iou_equals_shapely(whole):
    rng = random.Random(1)
    pairs = [(random_box(rng, whole), random_box(rng, whole)) for _ in range(CASES)]
    ours, theirs = (shapely.box(*zip(*side, strict=True)) for side in zip(*pairs, strict=True))
    common = shapely.area(shapely.intersection(ours, theirs))
    expected = common / shapely.area(shapely.union(ours, theirs))
    for (a, b), value in zip(pairs, expected, strict=True):
        assert regions.iou(a, b) == pytest.approx(value, abs=1e-9)
        assert regions.iou(a, b) == regions.iou(b, a)


def test_iou_does_not_depend_on_place_scale_or_axis():
    rng = random.Random(2)
    for _ in range(1000):
        a, b = random_box(rng, True), random_box(rng, True)
        value = regions.iou(a, b)
        moved = [(box[0] + 7, box[1] - 3, box[2] + 7, box[3] - 3) for box in (a, b)]
        scaled = [(box[0] * 4, box[1] * 2, box[2] * 4, box[3] * 2) for box in (a, b)]
        turned = [(box[1], box[0], box[3], box[2]) for box in (a, b)]
        for first, second in (moved, scaled, turned):
            assert regions.iou(first, second) == pytest.approx(value)


@pytest.mark.parametrize("bad", [(5, 5, 1, 1), (1, 5, 5, 1), (1, 1, 1, 5), (1, 5, 5, 5), (1, 1, 1, 1), (0, 0, 1e-200, 1e-200)])
def test_a_box_without_area_overlaps_nothing(bad):
    box = tuple(map(float, bad))
    assert regions.iou(box, (0.0, 0.0, 9.0, 9.0)) == 0.0
    assert regions.iou(box, box) == 0.0


def test_a_point_in_a_polygon_is_where_shapely_covers_it():
    rng = random.Random(3)
    checked = border = 0
    while checked < CASES:
        angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.randint(3, 9)))
        vertices = [(round(rng.randint(2, 9) * math.cos(angle)), round(rng.randint(2, 9) * math.sin(angle))) for angle in angles]
        polygon = shapely.Polygon(vertices)
        if not polygon.is_valid or polygon.area == 0:
            continue
        points = [(rng.randint(-9, 9), rng.randint(-9, 9)) for _ in range(50)]
        expected = shapely.covers(polygon, shapely.points(points))
        border += int(shapely.touches(polygon, shapely.points(points)).sum())
        shape = [(Fraction(x), Fraction(y)) for x, y in vertices]
        for (x, y), inside in zip(points, expected, strict=True):
            assert regions.in_polygon((Fraction(x), Fraction(y)), shape) == inside, (vertices, x, y)
            assert regions.in_polygon((Fraction(x), Fraction(y)), shape[::-1]) == inside
        checked += len(points)
    assert border > 100  # the border was tried, not only the inside


def test_a_point_in_a_box_is_where_shapely_covers_it():
    rng = random.Random(4)
    for _ in range(CASES):
        box = random_box(rng, True)
        x, y = rng.randint(-1, 12), rng.randint(-1, 12)
        assert regions.in_box((Fraction(x), Fraction(y)), [Fraction(side) for side in box]) == shapely.covers(
            shapely.box(*box), shapely.Point(x, y)
        )


def test_matching_has_the_greatest_sum_of_all_permutations():
    rng = random.Random(5)
    for _ in range(CASES):
        rows, columns = rng.randint(1, 4), rng.randint(1, 4)
        overlaps = [[rng.choice([0.0, 0.5, rng.random()]) for _ in range(columns)] for _ in range(rows)]
        pairs = regions.match(overlaps)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs) == min(rows, columns)
        wide = overlaps if rows <= columns else [list(column) for column in zip(*overlaps, strict=True)]
        best = max(
            sum(row[column] for row, column in zip(wide, order, strict=True))
            for order in itertools.permutations(range(len(wide[0])), len(wide))
        )
        assert sum(overlaps[row][column] for row, column in pairs) == pytest.approx(best)


def test_f1_counts_the_most_pairs_that_can_match():
    # Greedy by IoU would take (a, first) and leave b, which overlaps nothing else, alone.
    first, second = (0.0, 0.0, 10.0, 10.0), (4.0, 0.0, 14.0, 10.0)
    a, b = (1.0, 0.0, 11.0, 10.0), (0.0, 0.0, 10.0, 9.0)
    assert regions.iou(a, first) > regions.iou(a, second) >= 0.5 > regions.iou(b, second)
    assert regions.f1_at([a, b], [first, second], 0.5) == 1.0


def test_sets_of_boxes_do_not_depend_on_order_and_pay_neither_missing_nor_surplus():
    rng = random.Random(6)
    for _ in range(500):
        ours, theirs = ([random_box(rng, True) for _ in range(rng.randint(0, 4))] for _ in "ab")
        for score in (regions.mean_iou, lambda a, b: regions.f1_at(a, b, 0.5)):
            value = score(ours, theirs)
            assert 0.0 <= value <= 1.0
            assert score(ours[::-1], theirs[::-1]) == pytest.approx(value)
            assert score(theirs, ours) == pytest.approx(value)
            assert score(theirs, theirs) == 1.0
            if theirs:
                assert score([*theirs, theirs[0]], theirs) < 1.0
                assert score(theirs[1:], theirs) < 1.0
