"""`rewards list|score|bench|audit|serve|doctor`."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from openk15.cli import main, new_app
from openk15.errors import GateError, UserError
from openk15.files import sha256_file
from rewards.registry import get, names

app = new_app("Judge answers: verdicts with reasons, error rates with intervals, and errors that are never zeros.")

Workers = Annotated[int | None, typer.Option(min=1, help="processes that judge; default: one a core", show_default=False)]
Params = Annotated[
    list[str] | None, typer.Option("--param", metavar="KEY=JSON", help="a parameter of every answer that has none of that name")
]


def entry() -> None:
    main(app, "rewards")


@app.command(name="list", epilog="Example: rewards list")
def list_command() -> None:
    """List the verifiers and their versions."""
    for name in names():
        typer.echo(f"{name}@{get(name).version}")


@app.command(epilog="Example: rewards score answers.jsonl --out verdicts.jsonl --verifier number")
def score(
    rows: Annotated[Path, typer.Argument(help="JSON lines: id, response, answer {verifier, reference}; or id, response, gold")],
    out: Annotated[Path, typer.Option("--out", help="JSON lines: id, status, score, extracted, reason, seconds, verifier")],
    verifier: Annotated[str | None, typer.Option(help="verifier of rows with gold, and instead of the one that rows name")] = None,
    workers: Workers = None,
    param: Params = None,
) -> None:
    """Judge every row of a JSON-lines file, in bounded memory; verdicts come out in the order of the rows."""
    from rewards.pool import RewardPool
    from rewards.scoring import check_out, parse_params, score_file
    from rewards.verdict import Status

    params = parse_params(param or [])
    check_out(out, rows)
    _check_name(verifier)
    with stoppable(), RewardPool(workers or cores()) as pool, progress("judged") as advance:
        try:
            summary = score_file(rows, out, pool, verifier=verifier, params=params, advance=advance)
        except KeyboardInterrupt:
            typer.echo("stopped; the same command goes on where it was", err=True)
            raise
    counts = summary.counts
    if summary.kept:
        typer.echo(f"{summary.kept} rows were judged before this run was stopped and started again")
    typer.echo(f"{counts.total()} rows: " + ", ".join(f"{status} {counts[status]}" for status in Status))
    typer.echo(f"accuracy {summary.accuracy}, 95 % interval" + (", without the errors" if counts[Status.ERROR] else ""))
    if summary.scores.graded:
        typer.echo(f"mean score {summary.scores}")
    for cause, count in summary.errors.most_common(3):
        typer.echo(f"error, {count} times: {' '.join(cause.split())}")
    typer.echo(f"verdicts: {out} ({(counts.total() - summary.kept) / max(summary.seconds, 1e-9):,.0f} rows/s)")
    if counts.total() and counts[Status.ERROR] == counts.total():
        raise UserError(printable(f"every row is an error, the first: {next(iter(summary.errors))}; see {out}"))


@app.command(epilog="Example: rewards bench number --cases rewards/cases/hostile.jsonl --out runs/cards/number --worst 10")
def bench(
    verifier: Annotated[str, typer.Argument(help="judge the cases of this verifier; `all`: every case by its own")],
    cases: Annotated[Path, typer.Option("--cases", help="JSON lines: id, category, label, reason, response, answer or gold")],
    out: Annotated[Path | None, typer.Option("--out", help="folder of the card; default: runs/cards/VERIFIER-FILE")] = None,
    worst: Annotated[int, typer.Option(min=0, help="list this many misjudged cases")] = 0,
    max_fn: Annotated[float | None, typer.Option("--max-fn", min=0, max=1, help="greatest share of false negatives; else exit 3")] = None,
    max_fp: Annotated[float | None, typer.Option("--max-fp", min=0, max=1, help="greatest share of false positives; else exit 3")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="judge everything this often; verdicts that change are named")] = 1,
    workers: Workers = None,
    param: Params = None,
) -> None:
    """Measure a verifier on labelled cases and write its card: error rates with intervals, latency, the worst cases."""
    from rewards.bench import read_cases, run_bench
    from rewards.card import FILES, milliseconds, write_card
    from rewards.pool import RewardPool
    from rewards.scoring import parse_params
    from rewards.verdict import Status

    _check_name(None if verifier == "all" else verifier)
    read = read_cases(cases, None if verifier == "all" else verifier, parse_params(param or []))
    folder = out or Path("runs") / "cards" / f"{verifier}-{cases.stem}"
    _check_folder(folder, FILES)
    with stoppable(), RewardPool(workers or cores()) as pool, progress("judged") as advance:
        total = len(read) * repeat
        digest = sha256_file(cases)
        result = run_bench(read, pool, name=cases.name, digest=digest, repeats=repeat, advance=lambda done: advance(done, total))
    write_card(result, folder, command=_command(), worst=max(worst, 20))
    group = result.total
    typer.echo(f"{', '.join(result.verifiers)}: {group.n} cases of {cases}")
    typer.echo(f"false negatives {group.false_negatives}; false positives {group.false_positives}; 95 % intervals")
    typer.echo(
        "verdicts: " + ", ".join(f"{status} {count}" for status, count in group.statuses.items()) + f"; workers killed {result.killed}"
    )
    spots = zip(("p50", "p90", "p99", "max"), (group.p50, group.p90, group.p99, group.longest), strict=True)
    typer.echo(f"ms: {', '.join(f'{name} {milliseconds(value)}' for name, value in spots)}; {result.throughput:,.0f} cases/s")
    if repeat > 1:
        typer.echo(f"verdicts that changed over {repeat} times: {len(result.unstable)} of {group.n}")
    for one in result.worst(worst):
        must = "correct" if one.case.correct else "not correct"
        line = f"  {one.case.id} ({one.case.category}): {one.verdict.status}, must be {must}: {one.verdict.reason}"
        typer.echo(printable(f"{line}; read {one.verdict.extracted!r} for {one.case.answer.reference!r}; {one.case.reason}"))
    typer.echo(f"card: {folder / 'card.md'}")
    for what, share, limit in (("negatives", group.false_negatives, max_fn), ("positives", group.false_positives, max_fp)):
        if limit is not None and (share.value or 0.0) > limit:
            raise GateError(f"false {what} {share}, allowed {100 * limit:g} %; the misjudged cases are in {folder / 'card.md'}")
    if max_fp is not None and (group.not_shown.value or 0.0) > max_fp:
        reason = next(one.verdict.reason for one in result.judged if not one.case.correct and one.verdict.status is Status.ERROR)
        raise GateError(
            printable(f"false positives, with negatives that are errors: {group.not_shown}, allowed {100 * max_fp:g} %: {reason}")
        )


@app.command(epilog="Example: rewards audit runs/demo/data --split heldout --out runs/demo/audit --max-hack-share 0")
def audit(
    dataset: Annotated[Path, typer.Argument(help="folder of `data_recipes build`, or JSON lines: id, prompt, answer or gold")],
    split: Annotated[str, typer.Option(help="split of a built folder")] = "train",
    out: Annotated[Path | None, typer.Option("--out", help="folder for audit.md and audit.json; default: runs/audits/NAME")] = None,
    verifier: Annotated[str | None, typer.Option(help="verifier of rows with gold")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="play against this many prompts: a fixed choice by id")] = None,
    max_share: Annotated[float | None, typer.Option("--max-share", min=0, max=1, help="most that any policy may earn; else exit 3")] = None,
    max_hack_share: Annotated[
        float | None, typer.Option("--max-hack-share", min=0, max=1, help="most that a hack may earn; else exit 3")
    ] = None,
    workers: Workers = None,
    param: Params = None,
) -> None:
    """Play policies that solve nothing against a dataset: which prompts pay them, and what is the chance floor?"""
    from openk15.files import atomic_folder, atomic_write_json, atomic_write_text
    from rewards.audit import audit_text, read_prompts, run_audit
    from rewards.policies import Kind
    from rewards.pool import RewardPool
    from rewards.scoring import parse_params

    _check_name(verifier)
    name = f"{dataset.name}-{split}" if dataset.is_dir() else dataset.name
    folder = out or Path("runs") / "audits" / name
    _check_folder(folder, ("audit.md", "audit.json"))
    prompts = read_prompts(dataset, split=split, verifier=verifier, params=parse_params(param or []), limit=limit)
    with stoppable(), RewardPool(workers or cores()) as pool, progress("played") as advance:
        report = run_audit(prompts, pool, dataset=name, advance=advance)
    with atomic_folder(folder) as temporary:
        atomic_write_text(temporary / "audit.md", audit_text(report))
        atomic_write_json(temporary / "audit.json", report.to_dict())
    for kind in Kind:
        shown = [(result.policy.name, result.unearned_share if kind is Kind.HACK else result.share) for result in report.of(kind)]
        for policy, share in [one for one in shown if one[1].count][:5]:
            typer.echo(f"{kind}: {policy}: {share}")
    typer.echo(f"prompts that pay a hack: {len(report.hacked)} of {len(prompts)}")
    if report.floor:
        typer.echo(f"chance floor over all prompts: {report.of_all(report.floor)}, by {report.floor.policy.name!r}")
    for cause, count in sorted(report.causes.items(), key=lambda one: -one[1])[:3]:
        typer.echo(printable(f"error, {count} times, the first at prompt {report.places[cause]}: {cause}"))
    typer.echo(f"report: {folder / 'audit.md'}")
    if (max_share is not None or max_hack_share is not None) and not any(result.share.n for result in report.results):
        raise GateError(f"every verdict is an error, so nothing is known of what it pays: {printable(next(iter(report.causes), ''))}")
    shares = [(result.policy.name, result.share, max_share) for result in report.results]
    shares += [(result.policy.name, result.unearned_share, max_hack_share) for result in report.of(Kind.HACK)]
    for earner, share, limit_share in sorted(shares, key=lambda one: -(one[1].value or 0.0)):
        if limit_share is not None and (share.value or 0.0) > limit_share:
            raise GateError(f"{earner!r} earns {share}, allowed {100 * limit_share:g} %; see {folder / 'audit.md'}")


@app.command(epilog="Example: rewards serve --port 8015 --token-file /run/secrets/rewards --workers 8")
def serve(
    host: Annotated[str, typer.Option(help="address to listen on; beyond this machine a token is required")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one, printed")] = 8015,
    workers: Workers = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="file with the bearer token; else the variable OPENK15_REWARDS_TOKEN")
    ] = None,
    max_queue: Annotated[int, typer.Option("--max-queue", min=1, help="items open at a time; more are refused with 503")] = 2048,
    max_batch: Annotated[int, typer.Option("--max-batch", min=1, help="items of one batch")] = 256,
    max_body_kb: Annotated[int, typer.Option("--max-body-kb", min=1, help="greatest body, KiB; more is refused with 413")] = 4096,
    max_connections: Annotated[int, typer.Option("--max-connections", min=1, help="open connections; more are refused with 503")] = 1024,
    request_seconds: Annotated[
        float, typer.Option("--request-seconds", min=0.1, help="from a whole request to its answer; else 504")
    ] = 60.0,
    client_seconds: Annotated[float, typer.Option("--client-seconds", min=0.1, help="for a client to send or to take what it must")] = 15.0,
    grace_seconds: Annotated[float, typer.Option("--grace-seconds", min=0.0, help="for accepted requests when told to stop")] = 30.0,
    run: Annotated[bool, typer.Option("--run/--no-run", help="offer /v1/run, programs in the sandbox")] = True,
) -> None:
    """Serve verdicts over HTTP: /v1/verify, /v1/verify/batch, /v1/run; OpenAPI at /openapi.json."""
    from rewards.service import Settings, read_token
    from rewards.service import serve as serve_forever

    settings = Settings(
        host=host,
        port=port,
        workers=workers or cores(),
        token=read_token(token_file),
        max_queue=max_queue,
        max_batch=max_batch,
        max_body=max_body_kb * 1024,
        max_connections=max_connections,
        request_seconds=request_seconds,
        client_seconds=client_seconds,
        grace_seconds=grace_seconds,
        run=run,
    )
    serve_forever(settings, lambda address: typer.echo(f"rewards: serving on {address}, stop with Ctrl-C"))


@app.command(epilog="Example: rewards doctor")
def doctor() -> None:
    """What this machine can judge: languages with a toolchain, and which guarantees its sandbox holds when attacked."""
    try:
        from rewards.code import toolchains
    except ImportError:
        typer.echo("languages: not part of this installation")
    else:
        typer.echo("languages:")
        for found in toolchains():
            lacks = f"no toolchain here; install {' or '.join(found.missing)}"
            typer.echo(f"  {found.language}: {found.version or 'present' if found.present else lacks}")
    try:
        from rewards.sandbox.doctor import examine, render
    except ImportError:
        typer.echo("sandbox: not part of this installation")
    else:
        typer.echo(render(examine()))


# -- shared by the commands ----------------------------------------------------------------------------------------


def cores() -> int:
    return len(os.sched_getaffinity(0))


def printable(text: str, width: int = 400) -> str:
    """One line that no terminal acts on: model text may hold anything."""
    shown = "".join(character if character.isprintable() else " " for character in text).encode("utf-8", "replace").decode()
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _check_name(verifier: str | None) -> None:
    if verifier is not None:
        get(verifier)


def _check_folder(folder: Path, ours: tuple[str, ...]) -> None:
    """A folder is replaced whole: only one that holds nothing but what we wrote may go."""
    if folder.exists() and (not folder.is_dir() or {item.name for item in folder.iterdir()} - set(ours)):
        raise UserError(f"{folder}: holds other things than {', '.join(ours)}; --out names a folder of its own")


def _command() -> str:
    return shlex.join(["rewards", *sys.argv[1:]])


@contextmanager
def stoppable() -> Iterator[None]:
    """A request to end (SIGTERM) is Ctrl-C here: files are put in order and workers ended on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python hands signals to the main thread alone
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, only on a terminal; the function takes how many are done of how many."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)
