"""Tables aggregated from real measurements: iris, wine, breast cancer and diabetes, as scikit-learn ships them.

A table is one statistic of one quantity over groups of rows (a class, or a range of another quantity), from a random
sample of the rows: endless in number, and every value true of the sample it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from data_recipes.sources.drawn.board import pick, shuffled

UCI = "CC-BY-4.0 (UCI Machine Learning Repository)"
STATISTICS = {"mean": np.mean, "median": np.median, "highest": np.max, "lowest": np.min}
LETTERS = "ABCDEFGH"
LEAST_ROWS = 3  # in a group


@dataclass(frozen=True)
class Real:
    """One of the sets: rows of quantities (name with unit), and a class for each row."""

    name: str
    rows_are: str  # "flowers"
    licence: str
    quantities: tuple[str, ...]
    values: np.ndarray  # (rows, quantities)
    classes: tuple[str, ...]
    labels: np.ndarray  # (rows,) index into classes; empty where there are no classes


@dataclass(frozen=True)
class Table:
    source: str
    licence: str
    title: str
    x_title: str
    y_title: str
    asked: str  # "the mean petal length (cm)"
    one: str  # what a column is called: "species", "group"
    categories: tuple[str, ...]  # names that answers use
    ranges: tuple[str, ...]  # below the names; empty for classes
    series: tuple[tuple[str, tuple[float, ...]], ...]
    ordered: bool  # categories follow a quantity, so a line makes sense
    counts: bool

    @property
    def values(self) -> tuple[float, ...]:
        return self.series[0][1]


_WINE = {
    0: "alcohol (%)",
    1: "malic acid",
    4: "magnesium",
    5: "total phenols",
    6: "flavanoids",
    9: "colour intensity",
    10: "hue",
    12: "proline",
}
_CANCER = {0: "radius", 1: "texture", 2: "perimeter", 3: "area"}
_DIABETES = {
    0: "age (years)",
    2: "body mass index",
    3: "blood pressure",
    4: "total cholesterol",
    5: "LDL cholesterol",
    9: "blood sugar",
}


@cache
def real_sets() -> tuple[Real, ...]:
    from sklearn import datasets

    iris: Any = datasets.load_iris()
    wine: Any = datasets.load_wine()
    cancer: Any = datasets.load_breast_cancer()
    diabetes: Any = datasets.load_diabetes(scaled=False)
    names = tuple(str(name) for name in iris.feature_names)

    def some(data: Any, chosen: dict[int, str]) -> tuple[tuple[str, ...], np.ndarray]:
        return tuple(chosen.values()), np.asarray(data, dtype=float)[:, list(chosen)]

    wine_names, wine_values = some(wine.data, _WINE)
    cancer_names, cancer_values = some(cancer.data, _CANCER)
    diabetes_names, diabetes_values = some(diabetes.data, _DIABETES)
    species = tuple(str(name) for name in iris.target_names)
    cultivars = ("Barolo", "Grignolino", "Barbera")
    return (
        Real("iris", "flowers", UCI, names, np.asarray(iris.data, dtype=float), species, np.asarray(iris.target)),
        Real("wine", "wines", UCI, wine_names, wine_values, cultivars, np.asarray(wine.target)),
        Real("breast cancer", "tumours", UCI, cancer_names, cancer_values, ("malignant", "benign"), np.asarray(cancer.target)),
        Real(
            "diabetes",
            "patients",
            "BSD-3-Clause (data of Efron et al. 2004, as shipped with scikit-learn)",
            diabetes_names,
            diabetes_values,
            (),
            np.zeros(0, dtype=int),
        ),
    )


def rounded(values: Sequence[float]) -> tuple[float, ...]:
    """To as many digits as a chart's reader needs: three of the largest value's."""
    largest = max(abs(value) for value in values)
    digits = 0 if largest >= 100 else 1 if largest >= 10 else 2
    return tuple(round(float(value), digits) for value in values)


def bare(quantity: str) -> str:
    return quantity.partition(" (")[0]


def unit(quantity: str) -> str:
    return quantity.partition(" (")[2].rstrip(")")


def _sample(real: Real, random: np.random.Generator) -> np.ndarray:
    count = len(real.values)
    return np.sort(random.permutation(count)[: int(random.integers(count // 2, count + 1))])


def _ranges(values: np.ndarray, parts: int) -> tuple[list[str], list[np.ndarray]] | None:
    """`parts` ranges of about equal numbers of rows, with plain limits; None if that leaves a range without rows."""
    spread = float(np.ptp(values))
    digits = 0 if spread > 20 else 1
    edges = np.unique(np.round(np.quantile(values, np.linspace(0, 1, parts + 1)), digits))
    if len(edges) != parts + 1:
        return None
    step = 10.0**-digits
    edges[0], edges[-1] = np.floor(values.min() / step) * step, np.ceil(values.max() / step + 1e-9) * step + step
    masks = [(values >= low) & (values < high) for low, high in pairwise(edges)]
    if min(int(mask.sum()) for mask in masks) < LEAST_ROWS:
        return None
    return [f"{low:.{digits}f}–{high:.{digits}f}" for low, high in pairwise(edges)], masks


def drawn_table(random: np.random.Generator, *, counts: bool = False, series: bool = False, by_range: bool = True) -> Table:
    """A table of one row of values, or of several (one per class); `by_range`: columns are ranges, never classes."""
    while True:
        real = pick(random, [real for real in real_sets() if real.classes or not series])
        rows = _sample(real, random)
        data, labels = real.values[rows], real.labels[rows] if real.classes else real.labels
        what, over = shuffled(random, range(len(real.quantities)))[:2]
        if not by_range and len(real.classes) > 2 and random.random() < 0.5:
            found = ([], [labels == at for at in range(len(real.classes))])
            categories, one = real.classes, {"iris": "species", "wine": "wine variety"}[real.name]
        else:
            found = _ranges(data[:, over], int(random.integers(4, 8 if not series else 6)))
            if found is None:
                continue
            categories, one = tuple(LETTERS[: len(found[0])]), "group"
        ranges, masks = found
        statistic = pick(random, tuple(STATISTICS))
        phrase = f"number of {real.rows_are}" if counts else f"{statistic} {real.quantities[what]}"
        lines: list[tuple[str, tuple[float, ...]]] = []
        members = [(name, labels == at) for at, name in enumerate(real.classes)] if series else [(phrase, np.ones(len(data), dtype=bool))]
        for name, member in members:
            parts = [data[mask & member, what] for mask in masks]
            if min(len(part) for part in parts) < (1 if series else LEAST_ROWS):
                break
            lines.append((name, rounded([len(part) if counts else float(STATISTICS[statistic](part)) for part in parts])))
        if len(lines) < len(members) or len(set(lines[0][1])) < len(categories) - 1:
            continue
        x_title = one if not ranges else real.quantities[over]
        title = f"{phrase[0].upper()}{phrase[1:]}\nby {bare(x_title)} ({len(rows)} {real.rows_are})"
        texts = (title, x_title, phrase, f"the {phrase}", one)
        return Table(real.name, real.licence, *texts, categories, tuple(ranges), tuple(lines), bool(ranges), counts)


@dataclass(frozen=True)
class Points:
    source: str
    licence: str
    title: str
    x_title: str
    y_title: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    correlation: float


def drawn_points(random: np.random.Generator, least: int, most: int) -> Points:
    """Two quantities of a few rows."""
    real = pick(random, real_sets())
    count = int(random.integers(least, most + 1))
    rows = random.permutation(len(real.values))[:count]
    one, two = shuffled(random, range(len(real.quantities)))[:2]
    xs, ys = real.values[rows, one], real.values[rows, two]
    spread = float(np.std(xs) * np.std(ys))
    correlation = float(np.mean((xs - xs.mean()) * (ys - ys.mean())) / spread) if spread > 0 else 0.0
    title = f"{bare(real.quantities[two]).capitalize()} and {bare(real.quantities[one])}\nof {count} {real.rows_are}"
    xs_plain, ys_plain = (tuple(round(float(value), 3) for value in values) for values in (xs, ys))
    return Points(real.name, real.licence, title, real.quantities[one], real.quantities[two], xs_plain, ys_plain, round(correlation, 4))
