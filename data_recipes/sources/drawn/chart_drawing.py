"""Draws charts with matplotlib's Agg canvas, in matplotlib's own defaults whatever the user's settings are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from data_recipes.sources.drawn.board import pick
from data_recipes.sources.drawn.chart_tables import Points, Table

KINDS = ("bar", "barh", "line", "table")
PALETTES = (
    ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f"),
    ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860", "#da8bc3", "#8c8c8c"),
    ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#555555"),
)
DPI = 100


@dataclass(frozen=True)
class Chart:
    """What is drawn: a table in one of the kinds, or points."""

    kind: str  # bar, barh, line, table, pie, grouped, scatter
    table: Table | None = None
    points: Points | None = None
    labelled: bool = False  # values are written at the bars or points
    hidden: int | None = None  # pie: the slice without a percentage
    level: float | None = None  # scatter: the y of a dashed line

    def content(self) -> list[Any]:
        if self.points is not None:
            return [self.kind, self.points.title, self.points.xs, self.points.ys, self.level]
        assert self.table is not None
        return [self.kind, self.table.title, self.table.categories, self.table.ranges, self.table.series, self.labelled, self.hidden]


def shown(value: float) -> str:
    return f"{value:g}"


def percentages(values: Sequence[float]) -> list[int]:
    """Whole percentages that add up to 100 (largest remainders)."""
    total = sum(values)
    exact = [100 * value / total for value in values]
    whole = [int(value) for value in exact]
    for at in sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at))[: 100 - sum(whole)]:
        whole[at] += 1
    return whole


def draw_chart(chart: Chart, pixels: int, random: np.random.Generator) -> Image.Image:
    """The chart, `pixels` wide; palette, grid and proportions vary."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = round(pixels * float(random.uniform(0.68, 0.85)))
    if chart.kind == "table" and chart.table is not None:
        height = round(pixels / 560 * (110 + 38 * (len(chart.table.categories) + 1)))
    palette, grid = pick(random, PALETTES), bool(random.random() < 0.7)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["font.size"] = max(8.0, 9.5 * pixels / 560)
        figure = Figure(figsize=(pixels / DPI, height / DPI), dpi=DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        if chart.points is not None:
            _scatter(axes, chart, palette)
        else:
            _DRAW[chart.kind](axes, chart, palette)
        if grid and chart.kind not in ("pie", "table"):
            axes.grid(alpha=0.4, axis="x" if chart.kind == "barh" else "y")
            axes.set_axisbelow(True)
        canvas.draw()
        pixels_drawn = np.asarray(canvas.buffer_rgba())
        return Image.fromarray(pixels_drawn[..., :3].copy())


def _ticks(table: Table) -> list[str]:
    return (
        [f"{name}\n{span}" for name, span in zip(table.categories, table.ranges, strict=True)] if table.ranges else list(table.categories)
    )


def _bars(axes: Any, chart: Chart, palette: Sequence[str]) -> None:
    table = chart.table
    assert table is not None
    places = range(len(table.values))
    if chart.kind == "barh":
        bars = axes.barh(places, table.values, color=palette[0], height=0.65)
        axes.set_yticks(places, [tick.replace("\n", ": ") for tick in _ticks(table)])
        axes.invert_yaxis()
        axes.set(xlabel=table.y_title, ylabel=table.x_title, title=table.title)
        axes.set_xlim(0, max(table.values) * 1.15)
    else:
        bars = axes.bar(places, table.values, color=palette[: len(table.values)], width=0.65)
        axes.set_xticks(places, _ticks(table))
        axes.set(xlabel=table.x_title, ylabel=table.y_title, title=table.title)
        axes.set_ylim(0, max(table.values) * 1.12)
    if chart.labelled:
        axes.bar_label(bars, labels=[shown(value) for value in table.values], padding=2)


def _line(axes: Any, chart: Chart, palette: Sequence[str]) -> None:
    table = chart.table
    assert table is not None
    places = range(len(table.values))
    for at, (name, values) in enumerate(table.series):
        axes.plot(places, values, marker="os^D"[at % 4], color=palette[at], label=name, linewidth=2)
        for place, value in zip(places, values, strict=True) if chart.labelled else ():
            axes.annotate(shown(value), (place, value), textcoords="offset points", xytext=(0, 7), ha="center")
    axes.set_xticks(places, _ticks(table))
    axes.margins(0.08, 0.18)
    axes.set(xlabel=table.x_title, ylabel=table.y_title, title=table.title)


def _grouped(axes: Any, chart: Chart, palette: Sequence[str]) -> None:
    table = chart.table
    assert table is not None
    width = 0.8 / len(table.series)
    for at, (name, values) in enumerate(table.series):
        places = [place + (at - (len(table.series) - 1) / 2) * width for place in range(len(values))]
        axes.bar(places, values, width=width * 0.92, color=palette[at], label=name)
    axes.set_xticks(range(len(table.categories)), _ticks(table))
    axes.set_ylim(0, max(max(values) for _, values in table.series) * 1.25)
    axes.legend(ncols=len(table.series), loc="upper center")
    axes.set(xlabel=table.x_title, ylabel=table.y_title, title=table.title)


def _pie(axes: Any, chart: Chart, palette: Sequence[str]) -> None:
    table = chart.table
    assert table is not None
    names = [tick.replace("\n", ": ") for tick in _ticks(table)]
    shares = percentages(table.values)
    written = ["?" if at == chart.hidden else f"{share}%" for at, share in enumerate(shares)]
    wedges, *_ = axes.pie(table.values, colors=palette[: len(names)], startangle=90, counterclock=False, wedgeprops={"edgecolor": "white"})
    for wedge, text in zip(wedges, written, strict=True):
        turn = np.deg2rad((wedge.theta1 + wedge.theta2) / 2)
        axes.text(1.15 * np.cos(turn), 1.15 * np.sin(turn), text, ha="center", va="center")
    axes.legend(wedges, names, title=table.x_title, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=3)
    axes.set_title(table.title)


def _cells(axes: Any, chart: Chart, palette: Sequence[str]) -> None:
    table = chart.table
    assert table is not None
    axes.axis("off")
    head = [table.x_title, *(name for name, _ in table.series)]
    names = [tick.replace("\n", ": ") for tick in _ticks(table)]
    rows = [[name, *(shown(values[at]) for _, values in table.series)] for at, name in enumerate(names)]
    drawn = axes.table(cellText=[head, *rows], cellLoc="center", loc="center")
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(float(axes.title.get_fontsize()))
    drawn.scale(1, 1.9)
    for column in range(len(head)):
        drawn[0, column].set_facecolor(palette[0])
        drawn[0, column].get_text().set_color("white")
    axes.set_title(table.title)


def _scatter(axes: Any, chart: Chart, palette: Sequence[str]) -> None:
    points = chart.points
    assert points is not None
    axes.scatter(points.xs, points.ys, color=palette[0], s=34)
    if chart.level is not None:
        axes.axhline(chart.level, color=palette[3], linestyle="--", linewidth=1.6)
        at = {"xycoords": ("axes fraction", "data"), "xytext": (3, 0), "textcoords": "offset points"}
        axes.annotate(shown(chart.level), (1, chart.level), color=palette[3], va="center", **at)
    axes.margins(0.07)
    axes.set(xlabel=points.x_title, ylabel=points.y_title, title=points.title)


_DRAW = {"bar": _bars, "barh": _bars, "line": _line, "table": _cells, "pie": _pie, "grouped": _grouped}
