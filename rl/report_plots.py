"""The curves of a run.

In: `RunData`. Out: `Plot`s, grouped by the section they stand in. Every function takes what was measured and
leaves out what was not; a plot with nothing in it is not made.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rl.metrics import IterationMetrics
from rl.report_data import RunData
from rl.report_svg import AMBER, BLUE, GREEN, GREY, INK, LARGE, NAMES, ORANGE, PANEL, PURPLE, SMALL, Key, Plot, canvas, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STOPS = {"eos": BLUE, "budget": AMBER, "repeat": PURPLE, "context": ORANGE, "abort": GREY}
STOP_WORDS = {
    "eos": "ended its turn",
    "budget": "cut by the budget",
    "repeat": "repeats itself",
    "context": "no room left",
    "abort": "aborted",
}
VERDICTS = {"correct": GREEN, "wrong": ORANGE, "unparsed": PURPLE, "timeout": AMBER, "error": GREY}
PHASES = {"rollout": BLUE, "score": GREEN, "train": ORANGE, "sync": AMBER, "eval": PURPLE}
X = "iteration"


def _column(rows: Sequence[IterationMetrics], name: str) -> np.ndarray:
    """One field over iterations; NaN where it was not measured."""
    return np.array([math.nan if getattr(row, name) is None else getattr(row, name) for row in rows], dtype=float)


def switches(rows: Sequence[IterationMetrics]) -> list[tuple[float, str]]:
    """(position, name) of each change of regime: curriculum phase, length reward."""
    found: list[tuple[float, str]] = []
    for before, after in itertools.pairwise(rows):
        at = (before.iteration + after.iteration) / 2
        if before.phase != after.phase:
            found.append((at, f"{after.phase} problems"))
        if before.length_weight != after.length_weight:
            found.append((at, f"length reward × {after.length_weight:g}"))
    return found


def _mark_switches(axes: Axes, rows: Sequence[IterationMetrics], *, label: bool) -> None:
    span = rows[-1].iteration - rows[0].iteration if rows else 0
    for index, (at, name) in enumerate(switches(rows)):
        axes.axvline(at, color=INK, alpha=0.65, linewidth=1.0, linestyle=(0, (3, 3)))
        if label:
            right = at - rows[0].iteration < 0.6 * span
            axes.annotate(
                name, (at, 0.02 + 0.085 * (index % 3)), xycoords=("data", "axes fraction"),
                xytext=(3 if right else -3, 0), textcoords="offset points",
                ha="left" if right else "right", va="bottom", fontsize=8.0, color=INK,
                bbox={"facecolor": PANEL, "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
            )  # fmt: skip


def _curve(axes: Axes, x: np.ndarray, y: np.ndarray, colour: str, low: np.ndarray | None = None, high: np.ndarray | None = None) -> None:
    if low is not None and high is not None:
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        if len(x) == 1:
            axes.plot([x[0], x[0]], [low[0], high[0]], color=colour, alpha=0.5)
    alone = np.isfinite(y).sum() <= 30
    axes.plot(x, y, color=colour, marker="o" if alone else None, markersize=2.8)


def _stack(axes: Axes, x: np.ndarray, parts: Mapping[str, np.ndarray], colours: Mapping[str, str]) -> None:
    edges = np.append(x - 0.5, x[-1] + 0.5)
    base = np.zeros(len(x))
    for name, values in parts.items():
        if values.any():
            axes.stairs(base + values, edges, baseline=base, fill=True, color=colours.get(name, GREY), linewidth=0)
            base = base + values
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(float(base.max()) * 1.05, 1e-9))


def _parts(rows: Sequence[IterationMetrics], field: str, known: Mapping[str, str]) -> dict[str, np.ndarray]:
    names = [*known, *sorted({name for row in rows for name in getattr(row, field)} - set(known))]
    return {name: np.array([float(getattr(row, field).get(name, 0)) for row in rows]) for name in names}


def accuracy_plot(data: RunData) -> Plot | None:
    rows = data.metrics
    evals = [row for row in data.evals if all(row.get(name) is not None for name in ("accuracy", "low", "high"))]
    accuracy = _column(rows, "accuracy")
    if not np.isfinite(accuracy).any() and not evals:
        return None
    with canvas(LARGE, X, "accuracy (share right)") as (figure, axes):
        keys: list[Key] = []
        if np.isfinite(accuracy).any():
            _curve(axes, _column(rows, "iteration"), accuracy, BLUE, _column(rows, "accuracy_low"), _column(rows, "accuracy_high"))
            counts = [row.accuracy_n for row in rows]
            keys += [
                Key("blue", "line", f"training, {min(counts)} to {max(counts)} responses an iteration"),
                Key("blue", "band", "95 % interval over problems"),
            ]
        if evals:
            y = np.array([float(row["accuracy"]) for row in evals])
            errors = np.abs(np.array([[row["accuracy"] - row["low"], row["high"] - row["accuracy"]] for row in evals], dtype=float).T)
            axes.errorbar(
                [row["iteration"] for row in evals], y, yerr=errors, fmt="D", color=ORANGE, markersize=4.5, capsize=3, linewidth=1.3
            )
            keys.append(
                Key(
                    "orange",
                    "point",
                    f"held-out with 95 % interval, {evals[-1].get('n', '?')} problems × {evals[-1].get('samples_per_problem', 1)}",
                )
            )
        axes.set_ylim(0, 1)
        _mark_switches(axes, rows, label=True)
        svg = to_svg(figure, "accuracy", "Training and held-out accuracy by iteration")
    return Plot(
        "Accuracy",
        svg,
        tuple(keys),
        "Training problems are drawn by the curriculum, so the training curve falls when harder ones are drawn; "
        "the held-out points are all of one set.",
    )


def reward_plot(data: RunData) -> Plot | None:
    rows = data.metrics
    reward = _column(rows, "reward_mean")
    if not np.isfinite(reward).any():
        return None
    with canvas(LARGE, X, "reward per response") as (figure, axes):
        _curve(axes, _column(rows, "iteration"), reward, BLUE, _column(rows, "reward_low"), _column(rows, "reward_high"))
        _mark_switches(axes, rows, label=True)
        svg = to_svg(figure, "reward", "Mean reward by iteration")
    return Plot(
        "Reward",
        svg,
        (Key("blue", "line", "mean"), Key("blue", "band", "95 % interval over problems")),
        "With the length reward once it is on.",
    )


def length_plot(data: RunData) -> Plot | None:
    rows = data.metrics
    length = _column(rows, "length_mean")
    if not np.isfinite(length).any():
        return None
    with canvas(LARGE, X, "response length (tokens)") as (figure, axes):
        _curve(axes, _column(rows, "iteration"), length, BLUE, _column(rows, "length_p2_5"), _column(rows, "length_p97_5"))
        keys = [Key("blue", "line", "mean of finished responses"), Key("blue", "band", "middle 95 % of them")]
        evals = [row for row in data.evals if row.get("tokens") is not None]
        if evals:
            spans = [[row["tokens"] - _end(row, "tokens_low"), _end(row, "tokens_high") - row["tokens"]] for row in evals]
            errors = np.abs(np.array(spans, dtype=float).T)
            axes.errorbar(
                [row["iteration"] for row in evals],
                [row["tokens"] for row in evals],
                yerr=errors,
                fmt="D",
                color=ORANGE,
                markersize=4.5,
                capsize=3,
                linewidth=1.3,
            )
            bars = any(row.get("tokens_low") is not None for row in evals)
            keys.append(
                Key("orange", "point", "held-out, mean with 95 % interval" if bars else "held-out, mean (no interval in evals.jsonl)")
            )
        axes.set_ylim(bottom=0)
        _mark_switches(axes, rows, label=True)
        svg = to_svg(figure, "length", "Response length by iteration")
    return Plot("Response length", svg, tuple(keys), "The band shows how much single responses differ; it is no interval of the mean.")


def _end(row: Mapping[str, Any], name: str) -> float:
    """An interval's end, or the mean itself where the file has no interval."""
    return row["tokens"] if row.get(name) is None else row[name]


def stack_plot(
    data: RunData,
    field: str,
    colours: Mapping[str, str],
    title: str,
    y_label: str,
    caption: str,
    words: Mapping[str, str] | None = None,
    total: str = "",
) -> Plot | None:
    """Bars of a field that counts by name, one bar an iteration."""
    rows = data.metrics
    parts = _parts(rows, field, colours)
    parts.pop("total", None)
    if not any(values.any() for values in parts.values()):
        return None
    with canvas(LARGE, X, y_label) as (figure, axes):
        _stack(axes, _column(rows, "iteration"), parts, colours)
        _mark_switches(axes, rows, label=False)
        svg = to_svg(figure, field, f"{title} by iteration")
    shown = {name: values.sum() for name, values in parts.items() if values.any()}
    none = [name for name in parts if name not in shown]
    keys = tuple(
        Key(NAMES[colours.get(name, GREY)], "bar", f"{name}{f' ({words[name]})' if words and name in words else ''}: {value:,.0f}{total}")
        for name, value in shown.items()
    )
    return Plot(title, svg, keys, caption + (f" None: {', '.join(none)}." if none else ""))


def speed_plot(data: RunData) -> Plot | None:
    return _single(
        data,
        "tokens_per_second",
        "Generation speed",
        "tokens per second",
        BLUE,
        size=LARGE,
        caption="Generated tokens by seconds of rollout.",
    )


def rollout_plot(data: RunData) -> Plot | None:
    rows = data.metrics
    if not rows:
        return None
    with canvas(LARGE, X, "responses") as (figure, axes):
        x = _column(rows, "iteration")
        for name, colour in (
            ("trajectories_started", BLUE),
            ("trajectories_finished", GREEN),
            ("trajectories_carried", AMBER),
            ("trained_trajectories", PURPLE),
        ):
            _curve(axes, x, _column(rows, name), colour)
        axes.set_ylim(bottom=0)
        _mark_switches(axes, rows, label=False)
        svg = to_svg(figure, "rollouts", "Responses started, finished, carried over and trained by iteration")
    words = {
        "blue": ("started", "trajectories_started"),
        "green": ("finished", "trajectories_finished"),
        "amber": ("carried over", "trajectories_carried"),
        "purple": ("trained", "trained_trajectories"),
    }
    keys = tuple(Key(colour, "line", f"{word}: {sum(getattr(row, name) for row in rows):,}") for colour, (word, name) in words.items())
    return Plot(
        "Partial rollouts",
        svg,
        keys,
        "A response that meets the budget is carried over and goes on next iteration under newer weights. "
        "The sum of carried over counts a response once an iteration.",
    )


def _single(
    data: RunData, name: str, title: str, y_label: str, colour: str, *, size: tuple[int, int] = SMALL, log: bool = False, caption: str = ""
) -> Plot | None:
    values = _column(data.metrics, name)
    seen = values[np.isfinite(values)]
    if not len(seen):
        return None
    with canvas(size, X, y_label) as (figure, axes):
        _curve(axes, _column(data.metrics, "iteration"), values, colour)
        if log and (seen > 0).all():
            axes.set_yscale("log")
            if seen.max() / seen.min() < 20:
                axes.set_ylim(10 ** math.floor(math.log10(seen.min())), 10 ** math.ceil(math.log10(seen.max()) + 1e-9))
            axes.minorticks_off()
        elif seen.min() >= 0:
            axes.set_ylim(0, max(float(seen.max()) * 1.08, 1e-12))
        else:
            axes.axhline(0, color=GREY, linewidth=0.8)
        _mark_switches(axes, data.metrics, label=False)
        svg = to_svg(figure, name, f"{title} by iteration")
    return Plot(title, svg, (), f"{caption} Measured in {len(seen)} of {len(values)} iterations.".strip())


def learner_plots(data: RunData) -> list[Plot]:
    made = [
        _single(
            data,
            "log_ratio_mean",
            "Log-ratio, mean",
            "nats per response",
            BLUE,
            caption="How far the last step's policy is from the iteration's start.",
        ),
        _single(data, "log_ratio_abs_max", "Log-ratio, greatest", "|nats| of one response", BLUE),
        _single(data, "grad_norm", "Gradient norm", "norm before clipping", BLUE),
        _single(data, "loss", "Objective", "loss", BLUE),
        _single(
            data,
            "parity_max_abs",
            "Weight parity",
            "max |Δ log-prob| (nats)",
            GREEN,
            log=True,
            caption="Engine against learner after each sync.",
        ),
        _single(
            data,
            "image_sensitivity",
            "Image sensitivity",
            "max |Δ log-prob| (nats)",
            GREEN,
            caption="What swapping the probe's pictures changes.",
        ),
    ]
    return [plot for plot in made if plot is not None]


def warmup_plots(rows: Sequence[Mapping[str, Any]]) -> list[Plot]:
    """Loss of the warm-up, and its held-out accuracy where it was measured."""
    plots: list[Plot] = []
    if not rows:
        return plots
    with canvas(LARGE, "step", "loss (nats per answer token)") as (figure, axes):
        _curve(axes, np.array([row["step"] for row in rows], dtype=float), np.array([row["loss"] for row in rows], dtype=float), BLUE)
        axes.set_ylim(bottom=0)
        plots.append(
            Plot("Warm-up loss", to_svg(figure, "sft-loss", "Warm-up loss by step"), (), f"{len(rows)} rows of sft/metrics.jsonl.")
        )
    measured = [row for row in rows if all(row.get(name) is not None for name in ("accuracy", "low", "high"))]
    if measured:
        with canvas(LARGE, "step", "accuracy (share right)") as (figure, axes):
            y = np.array([float(row["accuracy"]) for row in measured])
            errors = np.abs(np.array([[row["accuracy"] - row["low"], row["high"] - row["accuracy"]] for row in measured], dtype=float).T)
            axes.errorbar(
                [row["step"] for row in measured], y, yerr=errors, fmt="D-", color=ORANGE, markersize=4.5, capsize=3, linewidth=1.3
            )
            axes.set_ylim(0, 1)
            keys = (Key("orange", "point", f"with 95 % interval, n = {measured[-1].get('n', '?')}"),)
            plots.append(
                Plot(
                    "Warm-up accuracy",
                    to_svg(figure, "sft-accuracy", "Warm-up accuracy by step"),
                    keys,
                    f"Measured at {len(measured)} steps.",
                )
            )
    return plots


def outcome_plots(data: RunData) -> list[Plot]:
    return _made(accuracy_plot, reward_plot, length_plot, data=data) + _present(
        stack_plot(
            data,
            "verdicts",
            VERDICTS,
            "Verdicts",
            "finished responses",
            "An error is the verifier's fault: it is left out of training and is never a zero.",
        )
    )


def machine_plots(data: RunData) -> list[Plot]:
    stops = stack_plot(
        data, "stops", STOPS, "Why segments ended", "segments", "One segment is what one call of the engine produced.", STOP_WORDS
    )
    seconds = stack_plot(
        data, "seconds", PHASES, "Time by phase", "seconds", "Phases may overlap: their sum can pass the iteration's wall time.", total=" s"
    )
    return _present(stops) + _made(rollout_plot, data=data) + _present(seconds) + _made(speed_plot, data=data)


def _made(*makers: Callable[[RunData], Plot | None], data: RunData) -> list[Plot]:
    return [plot for maker in makers for plot in _present(maker(data))]


def _present(plot: Plot | None) -> list[Plot]:
    return [] if plot is None else [plot]
