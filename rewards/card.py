"""The verifier card: what `rewards bench` writes. In: a `BenchResult`. Out: a folder.

card.md         error rates by category with intervals, statuses, latency, the worst cases
card.png        the same as a picture
results.json    every figure of the card
verdicts.jsonl  every case's verdict: all figures can be computed again from it
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openk15.files import atomic_folder, atomic_write_json, atomic_write_text
from rewards.bench import BenchResult, Group, Judged
from rewards.intervals import percentile
from rewards.scoring import atomic_lines
from rewards.verdict import Status

FILES = ("card.md", "card.png", "results.json", "verdicts.jsonl")
RED, BLUE, GREY = "#b5382a", "#2b6a99", "#6b6b6b"
PICTURED = 24  # categories that the picture has room for; card.md holds all


def write_card(result: BenchResult, out: Path, *, command: str, worst: int = 20) -> None:
    with atomic_folder(out) as folder:
        atomic_write_text(folder / "card.md", card_text(result, command=command, worst=worst))
        draw(result, folder / "card.png")
        atomic_write_json(folder / "results.json", {**result.to_dict(), "command": command, "machine": machine()})
        with atomic_lines(folder / "verdicts.jsonl") as write:
            for one in result.judged:
                write(one.to_dict())


def machine() -> str:
    return f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}, Python {platform.python_version()}"


def milliseconds(seconds: float) -> str:
    value = 1000 * seconds
    return f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"


def card_text(result: BenchResult, *, command: str, worst: int) -> str:
    total = result.total
    lines = [
        f"# Verifier card: {', '.join(result.verifiers)}",
        "",
        f"{total.n} cases of `{result.cases}` (sha256 {result.digest[:12]}). Shares with 95 % Wilson intervals.",
        "",
        f"    {command}",
        "",
        "| | |",
        "| --- | --- |",
        f"| false negatives: right and not paid | {total.false_negatives} |",
        f"| false positives: not right and paid | {total.false_positives} |",
        f"| verdicts | {', '.join(f'{count} {status}' for status, count in total.statuses.items() if count)} |",
        f"| errors of ours | {total.statuses[Status.ERROR]}; workers killed or lost: {result.killed} |",
        f"| time inside the verifier, ms | p50 {milliseconds(total.p50)}, p90 {milliseconds(total.p90)}, "
        f"p99 {milliseconds(total.p99)}, max {milliseconds(total.longest)} |",
        f"| throughput | {result.throughput:,.0f} cases/s with {result.workers} workers ({machine()}) |",
    ]
    if total.off_score:
        lines.append(f"| other score than the case says | {total.off_score} |")
    if total.other_status:
        lines.append(f"| not paid, as it must be, but under another status than the case says | {total.other_status} |")
    if result.repeats > 1:
        found = ", ".join(result.unstable[:10])
        lines.append(
            f"| judged {result.repeats} times: cases whose verdict changed | {len(result.unstable)}{': ' if found else ''}{found} |"
        )
    lines += ["", "![error rates by category, and latency](card.png)", "", "## By category", ""]
    lines += ["| category | cases | false negatives | false positives | unparsed | time-outs | errors | p99, ms |"]
    lines += ["| --- | ---: | --- | --- | ---: | ---: | ---: | ---: |"]
    lines += [_row(group) for group in result.groups]
    shown = result.worst(worst)
    if shown:
        count = sum(one.misjudged for one in result.judged)
        lines += ["", f"## Misjudged ({len(shown)} of {count})", ""]
        lines += ["| case | category | must be | is | answer | read from the response | the verifier's reason | why the label is right |"]
        lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
        lines += [_worst_row(one) for one in shown]
    return "\n".join(lines) + "\n"


def _row(group: Group) -> str:
    statuses = group.statuses
    return (
        f"| {_cell(group.name)} | {group.n} | {group.false_negatives} | {group.false_positives} | {statuses[Status.UNPARSED]} "
        f"| {statuses[Status.TIMEOUT]} | {statuses[Status.ERROR]} | {milliseconds(group.p99)} |"
    )


def _worst_row(one: Judged) -> str:
    case, verdict = one.case, one.verdict
    must = "correct" if case.correct else "not correct"
    if one.off_score:
        must += f", score {case.score:g}"
    given = str(verdict.status) + (f", score {verdict.score:g}" if one.off_score and verdict.score is not None else "")
    cells = (case.id, case.category, must, given, case.answer.reference, verdict.extracted, verdict.reason, case.reason)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(value: object, width: int = 80) -> str:
    text = " ".join(str("" if value is None else value).split()).encode("utf-8", "replace").decode()
    text = "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
    text = text if len(text) <= width else text[: width - 1] + "…"
    return text.replace("|", "\\|").replace("<", "&lt;")


def draw(result: BenchResult, path: Path) -> None:
    """Left: error rates by category. Right: what share of the cases was judged within a time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = pictured(result.groups)
    groups = [result.total, *shown]
    figure = Figure(figsize=(11, max(3.2, 1.5 + 0.34 * len(groups))), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    rates, latency = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_rates(rates, groups)
    if 0 < len(shown) < len(result.groups):
        note = f"{len(shown)} of {len(result.groups)} categories: most misjudged first, then the largest; card.md has all"
        rates.set_title(note, fontsize=8, color=GREY, loc="left")
    _draw_latency(latency, result.judged)
    figure.legend(*rates.get_legend_handles_labels(), fontsize=8, frameon=False, loc="outside lower left", ncols=2)
    figure.suptitle(f"{', '.join(result.verifiers)} on {result.cases}", fontsize=11, x=0.01, ha="left")
    figure.savefig(path, metadata={"Software": None})


def pictured(groups: Sequence[Group]) -> list[Group]:
    """The categories that the picture shows. One with a mistake in it never gives way to one without."""
    if len(groups) < 2:
        return []  # it would repeat the line of all cases
    return sorted(groups, key=lambda group: (-group.false_negatives.count - group.false_positives.count, -group.n))[:PICTURED]


def _draw_rates(axes: Any, groups: Sequence[Group]) -> None:
    most = 0.0
    for at, group in enumerate(groups):
        for share, colour, offset in ((group.false_negatives, BLUE, -0.15), (group.false_positives, RED, 0.15)):
            if share.value is None:
                continue
            low, high = share.interval
            most = max(most, share.value)
            axes.plot([100 * low, 100 * high], [at + offset] * 2, color=colour, lw=1.6, alpha=0.6, solid_capstyle="butt")
            axes.plot(100 * share.value, at + offset, "o", color=colour, ms=4.5)
    # Whiskers of tiny categories would squeeze everything else: they end at the frame in an arrow and the number they reach.
    shares = [share for group in groups for share in (group.false_negatives, group.false_positives)]
    wide = max((share.interval[1] for at, share in enumerate(shares) if share.n >= 30 or (at < 2 and share.n)), default=0.0)
    limit = 100 * min(1.0, max(1.15 * most, 1.15 * wide, 0.02))
    axes.set_xlim(-0.015 * limit, limit)
    for at, group in enumerate(groups):
        for share, colour, offset in ((group.false_negatives, BLUE, -0.15), (group.false_positives, RED, 0.15)):
            if share.value is not None and 100 * share.interval[1] > limit:
                axes.plot(limit, at + offset, ">", color=colour, ms=3.5, clip_on=False)
                place = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
                axes.annotate(
                    f"{100 * share.interval[1]:.0f}", (limit, at + offset), **place, fontsize=6, color=colour, annotation_clip=False
                )
    axes.set_yticks(range(len(groups)), [f"{group.name[:34]} ({group.n})" for group in groups], fontsize=8)
    axes.set_ylim(len(groups) - 0.5, -0.6)
    axes.axhline(0.5, color=GREY, lw=0.6)
    axes.plot([], [], "o-", color=BLUE, ms=4.5, label="false negatives")
    axes.plot([], [], "o-", color=RED, ms=4.5, label="false positives")
    cut = "; arrow: on to the number beside it" if any(100 * share.interval[1] > limit for share in shares if share.n) else ""
    axes.set_xlabel(f"% of the category's cases, 95 % Wilson interval{cut}", fontsize=8)
    _plain(axes)


def _draw_latency(axes: Any, judged: Sequence[Judged]) -> None:
    seconds = sorted(1000 * max(one.verdict.seconds, 1e-7) for one in judged)
    axes.step(seconds, [100 * (at + 1) / len(seconds) for at in range(len(seconds))], where="post", color=BLUE, lw=1.5)
    axes.set_xscale("log")
    axes.set_ylim(0, 102)
    spots = {f"p{100 * share:.0f}": percentile(seconds, share) for share in (0.5, 0.99)}
    for value in spots.values():
        axes.axvline(value, color=GREY, lw=0.7, ls=":")
    # In the title, not at the lines: there they would lie on the curve or on each other.
    said = ", ".join(f"{name} {milliseconds(value / 1000)} ms" for name, value in spots.items())
    axes.set_title(f"{said} (dotted)", fontsize=8, color=GREY, loc="left")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_xlabel("time inside the verifier, ms", fontsize=8)
    axes.set_ylabel("% of cases", fontsize=8)
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(axis="x", lw=0.4, alpha=0.4)
