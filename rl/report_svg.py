"""Matplotlib figures as inline SVG that takes its colours from the page.

A figure is drawn in a fixed, colour-blind-safe palette (Okabe and Ito); in the SVG every palette colour is
then replaced by a CSS variable, so one figure serves light and dark pages and print. Same data, same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GRID = "#303840", "#dfe3e8"
BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, GREY = "#0072b2", "#d55e00", "#009e73", "#b0569a", "#e69f00", "#56b4e9", "#8b929c"
DARK = {
    INK: "#c3cad3", GRID: "#323a44", BLUE: "#4aa8e0", ORANGE: "#f28444", GREEN: "#2fc296", PURPLE: "#d98cc6",
    AMBER: "#f2bd4b", SKY: "#8fd0f5", GREY: "#8b95a1",
}  # fmt: skip
NAMES = {
    INK: "ink",
    GRID: "grid",
    BLUE: "blue",
    ORANGE: "orange",
    GREEN: "green",
    PURPLE: "purple",
    AMBER: "amber",
    SKY: "sky",
    GREY: "grey",
}
PANEL = "#fefdfc"  # stands for the page behind a figure
LARGE, SMALL = (480, 285), (370, 220)  # CSS pixels; a figure fills its panel, so the smaller the size, the larger its text


@dataclass(frozen=True, slots=True)
class Key:
    """One legend entry, set in HTML beside the figure. `mark` is "line", "band", "point", "bar" or "dash"."""

    colour: str  # palette name
    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    svg: str
    keys: tuple[Key, ...] = ()
    caption: str = ""


def css_variables(dark: bool) -> str:
    return " ".join(f"--c-{name}: {DARK[colour] if dark else colour};" for colour, name in NAMES.items())


@contextmanager
def canvas(size: tuple[int, int], x_label: str, y_label: str) -> Iterator[tuple[Figure, Axes]]:
    """Yield a figure and its axes in the house style; both are closed afterwards."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    style: Any = {
        "font.size": 9.2, "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
        "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False, "axes.grid": True, "axes.grid.axis": "y",
        "grid.color": GRID, "grid.linewidth": 0.8, "axes.axisbelow": True, "svg.fonttype": "none", "svg.hashsalt": "report",
        "xtick.major.size": 3.0, "ytick.major.size": 0.0, "lines.linewidth": 1.6, "axes.labelsize": 9.2, "path.simplify": True,
    }  # fmt: skip
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(size[0] / 96, size[1] / 96), layout="constrained")
        try:
            axes.set_xlabel(x_label)
            axes.set_ylabel(y_label)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
            yield figure, axes
        finally:
            plt.close(figure)


def to_svg(figure: Figure, name: str, description: str) -> str:
    """`name` keeps the ids of several figures on one page apart; `description` is for screen readers."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace('href="#', f'href="#{name}-').replace("url(#", f"url(#{name}-")
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    for colour, variable in NAMES.items():
        svg = svg.replace(colour, f"var(--c-{variable})")
    svg = svg.replace(PANEL, "var(--panel)")
    box = re.search(r'viewBox="[^"]*"', svg)
    assert box is not None, "matplotlib always writes a viewBox"
    label = description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    opening = (
        f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" {box.group()} role="img" aria-label="{label}">'
    )
    return re.sub(r"\s*\n\s*", " ", opening + svg[svg.index(">") + 1 :]).strip()
