"""`benchmark run|compare|list`.  Heavy imports (torch, vLLM, the data store) happen inside `run` only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.compare import RESULTS_FILE, compare, load_result, read_results
from eval.modules import import_verifiers
from eval.report import (
    as_text,
    check_out,
    check_parent,
    checkpoint_digest,
    compare_report,
    list_report,
    run_report,
    show,
    summary_line,
    versions,
    write_folder,
)
from eval.runner import evaluate, summarise
from eval.samples import SampleRecord
from multimodal.engines.base import EngineConfig, EngineKind
from openk15.cli import main, new_app
from openk15.config import parse_config
from openk15.errors import RunError, UserError
from openk15.files import atomic_write_json, read_json

if TYPE_CHECKING:
    from data_recipes.problem import Problem
    from multimodal.processing import PromptProcessor

MAX_ERROR_RATE = 0.02  # more verifier errors than this and the run counts as broken

app = new_app("Benchmark a checkpoint on a built dataset, compare two results, list results.")


def entry() -> None:
    main(app, "benchmark")


@app.command(
    epilog="Example: benchmark run runs/demo/sft/policy --data runs/demo/data --samples 4 --out runs/demo/bench/warmup",
)
def run(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="Hugging Face folder of the policy, processor included.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Engine settings, e.g. max_model_len=1024.")
    ] = None,
    *,
    data: Annotated[Path, typer.Option(help="Folder written by `data_recipes build`.")],
    split: Annotated[str, typer.Option(help="Split of the dataset.")] = "heldout",
    samples: Annotated[int, typer.Option(min=1, help="Responses per problem.")] = 4,
    limit: Annotated[int | None, typer.Option(min=1, help="Problems to use: a fixed choice by id. Default: all.")] = None,
    out: Annotated[Path | None, typer.Option(help="Result folder. Default: beside CHECKPOINT, bench-NAME-SPLIT[-blank].")] = None,
    engine: Annotated[EngineKind, typer.Option(help="What generates.")] = EngineKind.VLLM,
    max_tokens: Annotated[int, typer.Option(min=1, help="Greatest response length, tokens.")] = 160,
    temperature: Annotated[float, typer.Option(help="Sampling temperature, above 0.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seeds of samples derive from it, the problem and the sample index.")] = 0,
    blank_images: Annotated[
        bool, typer.Option("--blank-images", help="Replace every picture by a grey one: what do pictures add?")
    ] = False,
    blank_out: Annotated[
        Path | None, typer.Option(help="After the run, one more with blanked pictures from the same engine; its result folder.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Streams generated at once. Default: the engine's.")] = None,
    module: Annotated[
        list[str] | None, typer.Option(help="Python module that registers further verifiers; may be given several times.")
    ] = None,
) -> None:
    """Sample responses to every problem of a split, judge them, and report accuracy by tag with 95 % intervals."""
    settings: dict[str, Any] = {"kind": str(engine), "temperature": temperature}
    if batch is not None:
        settings["max_num_seqs"] = batch
    config = parse_config(EngineConfig, settings, overrides or (), where="engine")
    if max_tokens >= config.max_model_len:
        raise UserError(
            f"--max-tokens {max_tokens} leaves no room for a prompt in max_model_len={config.max_model_len}; add max_model_len=N"
        )
    if not checkpoint.is_dir():
        raise UserError(f"{checkpoint}: no such checkpoint folder; expected a Hugging Face model folder, such as `rl sft` writes")
    if not data.is_dir():
        raise UserError(f"{data}: no such data folder; expected one written by `data_recipes build`")
    if blank_out is not None and blank_images:
        raise UserError("--blank-images blanks the run itself and --blank-out adds a blanked one; use one of them")
    folders = {blank_images: out or default_out(checkpoint, split, blank=blank_images)}
    if blank_out is not None:
        if blank_out.resolve() == folders[False].resolve():
            raise UserError(f"--blank-out {blank_out}: is the run's own result folder; name another one")
        folders[True] = blank_out
    for folder in folders.values():
        check_out(folder)
    import_verifiers(module or (), "--module")
    weights = checkpoint_digest(checkpoint)

    chance = no_image_chance(data, split)

    from multimodal.processing import PromptProcessor

    processor = PromptProcessor.load(checkpoint)

    from data_recipes.store import load_problems

    loaded = load_problems(data, split)
    problems = choose(loaded.problems, limit)
    made_of = {
        "no_image_chance": chance,
        "checkpoint": str(checkpoint),
        "checkpoint_digest": weights,
        "data": str(data),
        "fingerprint": loaded.fingerprint,
        "split": split,
        "engine": str(config.kind),
        "engine_config": config.model_dump(mode="json"),
        "temperature": config.temperature,
        "max_tokens": max_tokens,
        "seed": seed,
        "limit": limit,
        "versions": versions(),
    }

    def done(blank: bool, records: list[SampleRecord], seconds: float) -> None:
        summary = summarise(records, problems)
        verifiers = sorted({record.verdict.verifier for record in records if record.score is not None})
        results = {**summary.to_dict(), **made_of, "blank_images": blank, "seconds": round(seconds, 3), "verifiers": verifiers}
        title = f"{checkpoint} on {data} ({split}{', pictures blanked' if blank else ''})"
        report = run_report(summary, title=title, blank=blank, no_image_chance=chance)
        write_folder(folders[blank], records, results, as_text(report) + summary_line(summary) + "\n")
        show(report)
        typer.echo(summary_line(summary))
        typer.echo(f"written: {folders[blank]} (samples.jsonl, results.json, table.txt)")
        if summary.error_rate > MAX_ERROR_RATE:
            why = next(record.verdict.reason for record in records if record.score is None)
            rate = f"{summary.verdicts['error']} of {len(records)} ({summary.error_rate:.1%}, limit {MAX_ERROR_RATE:.0%})"
            raise RunError(f"too many verdicts are errors: {rate}; the first: {why}")

    _generate(config, checkpoint, processor, problems, loaded.images, folders, done, samples=samples, max_tokens=max_tokens, seed=seed)


@app.command("compare", epilog="Example: benchmark compare runs/demo/bench/warmup runs/demo/bench/rl")
def compare_command(
    a: Annotated[Path, typer.Argument(metavar="A", help="Result folder of the baseline.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Result folder of the candidate.")],
    force: Annotated[bool, typer.Option("--force", help="Compare the common problems even if data, split or blanking differ.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the sign-flip test, where it is not exact.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the comparison to this file.")] = None,
) -> None:
    """Compare two results problem by problem: difference with its interval, flips, permutation p."""
    if json_file is not None:
        check_json(json_file)
    comparison = compare(load_result(a), load_result(b), force=force, seed=seed)
    show(compare_report(comparison, str(a), str(b)))
    if json_file is not None:
        atomic_write_json(json_file, {"folder_a": str(a), "folder_b": str(b), **comparison.to_dict()})
        typer.echo(f"written: {json_file}")


@app.command("list", epilog="Example: benchmark list runs")
def list_command(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to search, with all folders in it.")]) -> None:
    """Show every finished benchmark under a folder."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    rows: list[tuple[Path, Mapping[str, Any]]] = []
    for path in sorted(folder.rglob(RESULTS_FILE)):
        try:
            rows.append((path.parent, read_results(path.parent)))
        except UserError as error:
            typer.echo(f"skipped: {error}", err=True)
    if not rows:
        raise UserError(f"{folder}: no finished benchmark ({RESULTS_FILE}) in it; `benchmark run` writes one")
    show(list_report(rows))


def check_json(path: Path) -> None:
    if path.is_dir():
        raise UserError(f"{path}: is a folder; --json must name a file")
    check_parent(path)


def default_out(checkpoint: Path, split: str, *, blank: bool) -> Path:
    """Beside the checkpoint, named after it: runs/x/policy -> runs/x/bench-policy-heldout."""
    here = checkpoint.resolve()
    return here.parent / f"bench-{here.name}-{split}{'-blank' if blank else ''}"


def choose(problems: Sequence[Problem], limit: int | None) -> list[Problem]:
    """All problems, or the `limit` with the smallest ids, in the dataset's order.

    Ids are content hashes, so this is a random choice that is the same everywhere; the first rows of a file
    would be whichever source was built first.
    """
    if limit is None or limit >= len(problems):
        return list(problems)
    kept = set(sorted(problem.id for problem in problems)[:limit])
    return [problem for problem in problems if problem.id in kept]


def no_image_chance(data: Path, split: str) -> float | None:
    """What manifest.json says can be had on image problems without looking; None when it says nothing.

    The value is a number, or numbers by split.
    """
    path = data / "manifest.json"
    manifest = read_json(path) if path.is_file() else {}
    value = manifest.get("no_image_chance") if isinstance(manifest, dict) else None
    if isinstance(value, dict):
        value = value.get(split)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"{path}: no_image_chance is {value!r}; expected a share in [0, 1]")
    return float(value)


def _generate(
    config: EngineConfig,
    checkpoint: Path,
    processor: PromptProcessor,
    problems: Sequence[Problem],
    images: Mapping[str, bytes],
    blanked: Iterable[bool],
    done: Callable[[bool, list[SampleRecord], float], None],
    **settings: Any,
) -> None:
    """Open the engine, evaluate once for each of `blanked` under a progress bar (on stderr, only on a terminal), close it.

    `done` gets each evaluation as it ends, with the seconds it took (the first: engine start included).
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from multimodal.engines import open_engine

    async def go(progress: Progress) -> None:
        started = time.perf_counter()
        engine = open_engine(config, checkpoint)
        try:
            for blank in blanked:
                task = progress.add_task("responses, pictures blanked" if blank else "responses", total=len(problems) * settings["samples"])

                def sampled(_: SampleRecord, task: TaskID = task) -> None:
                    progress.advance(task)

                records = await evaluate(engine, processor, problems, images, on_sample=sampled, blank=blank, **settings)
                progress.remove_task(task)
                done(blank, records, time.perf_counter() - started)
                started = time.perf_counter()
        finally:
            await engine.close()

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        asyncio.run(go(progress))
