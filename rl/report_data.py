"""Everything a report is made of, read from a run's files.

In: a run folder and, if there is one, the demo folder around it. Out: `RunData`, frozen. Files may be absent
(the run is young, or was killed): what is missing is a sentence in `missing`, never an error. A file that is
there and wrong is a UserError that names it.

Invariant: only what a committed iteration trained counts as trained; a row that was written twice (an
iteration that was started, lost and done again) counts once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.compare import Comparison, compare, load_result
from openk15.errors import UserError
from openk15.files import read_json
from rl.metrics import EVALS_FILE, METRICS_FILE, IterationMetrics, read_rows

LEDGER_FILE, RUN_FILE = "ledger.jsonl", "run.json"
BENCHES = {"warmup": "the policy before RL", "rl": "the policy after RL", "blank": "blanked pictures"}


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One response as the ledger tells it: enough to choose by and to show."""

    id: str
    problem: str
    sample: int
    started: int
    lengths: tuple[int, ...] = ()  # tokens of each segment
    iterations: tuple[int, ...] = ()  # iteration that sampled each segment
    versions: tuple[int, ...] = ()  # policy version that sampled each segment
    stops: tuple[str, ...] = ()  # why each segment ended
    tokens: tuple[tuple[int, ...], ...] = ()
    text: str | None = None
    verdict: Mapping[str, Any] | None = None
    trained: int | None = None  # committed iteration that trained it
    reward: float | None = None
    advantage: float | None = None

    @property
    def finished(self) -> int:
        return max(self.iterations, default=self.started)


@dataclasses.dataclass(frozen=True, slots=True)
class RunData:
    """A run's files as records; `missing` says in sentences what could not be read because it is not there."""

    run: Mapping[str, Any]
    metrics: tuple[IterationMetrics, ...]
    evals: tuple[Mapping[str, Any], ...]
    records: tuple[Record, ...]
    committed: int  # iterations the ledger says are done
    planned: int | None  # iterations the config asks for
    benches: Mapping[str, Mapping[str, Any]]  # warmup, rl, blank: those that exist
    gain: Comparison | None  # after against before, paired by problem
    sft: tuple[Mapping[str, Any], ...]
    summary: Mapping[str, Any] | None
    missing: tuple[str, ...]

    @property
    def trained(self) -> tuple[Record, ...]:
        return tuple(record for record in self.records if record.trained is not None)


def load_run(run: Path, demo: Path | None = None) -> RunData:
    """UserError when `run` is no folder, or a file in it is damaged before its last line."""
    if not run.is_dir():
        raise UserError(f"{run}: no such run folder; expected a folder written by `rl train`")
    missing: list[str] = []

    def rows(path: Path, absent: str) -> list[dict[str, Any]]:
        found, torn = read_rows(path)
        if torn:
            missing.append(f"{path.name}: its last line was still being written (or the run was killed in it) and is left out.")
        if not found:
            missing.append(absent)
        return found

    about = _object(run / RUN_FILE)
    if about is None:
        missing.append(f"{RUN_FILE} is missing: name, configuration and versions are unknown.")
    metric_rows = rows(run / METRICS_FILE, "No iteration has finished yet: there are no curves.")
    metrics = [IterationMetrics.from_dict(row, f"{run / METRICS_FILE}:{number}") for number, row in enumerate(metric_rows, 1)]
    evals = rows(run / EVALS_FILE, "No periodic held-out evaluation has been written.")
    ledger = rows(run / LEDGER_FILE, "The ledger is empty: there are no responses to show.")
    records, committed = fold_ledger(ledger, str(run / LEDGER_FILE))
    if ledger and any(row.iteration >= committed for row in metrics):
        missing.append(f"Iteration {committed} was measured but not committed (the run was killed in between) and is left out.")
        metrics = [row for row in metrics if row.iteration < committed]
    planned = planned_iterations((about or {}).get("config"))
    if planned is not None and len(metrics) < planned:
        missing.append(f"The run is not finished: {len(metrics)} of {planned} iterations are done.")
    benches: dict[str, Mapping[str, Any]] = {}
    gain: Comparison | None = None
    sft: list[dict[str, Any]] = []
    summary = None
    if demo is None:
        missing.append("No benchmark was given: the before/after table needs the checkpoints' benchmark results.")
    else:
        for name, what in BENCHES.items():
            result = _object(demo / "bench" / name / "results.json")
            if result is None:
                missing.append(f"bench/{name}/results.json is missing: no numbers for {what}.")
            elif name != "warmup" and not _trained_here(result, run, about):
                missing.append(
                    f"bench/{name}/results.json is of {result['checkpoint']}, which is no checkpoint of this run, and is left out."
                )
            else:
                benches[name] = result
        if {"warmup", "rl"} <= set(benches):
            try:
                gain = compare(load_result(demo / "bench" / "warmup"), load_result(demo / "bench" / "rl"))
            except UserError as error:
                missing.append(f"Before and after cannot be paired by problem: {error}.")
        sft = rows(demo / "sft" / "metrics.jsonl", "sft/metrics.jsonl is missing or empty: no warm-up curve.")
        summary = _object(demo / "summary.json")
        if summary is None:
            missing.append("summary.json is missing: times of set-up, data, warm-up and benchmark are unknown.")
    return RunData(
        about or {}, tuple(metrics), tuple(evals), records, committed, planned, benches, gain, tuple(sft), summary, tuple(missing)
    )


def _trained_here(result: Mapping[str, Any], run: Path, about: Mapping[str, Any] | None) -> bool:
    """Whether a benchmark's checkpoint lies in the run's folder, where it is or where it was; True when the files do not say."""
    out = ((about or {}).get("config") or {}).get("out")
    checkpoint = result.get("checkpoint")
    if not isinstance(out, str) or not isinstance(checkpoint, str):
        return True
    return any(Path(checkpoint).resolve().is_relative_to(folder.resolve()) for folder in (run, Path(out)))


def _object(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    value = read_json(path)
    if not isinstance(value, dict):
        raise UserError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value


def planned_iterations(config: object) -> int | None:
    """The first `iterations` key of a config, outermost first."""
    level = [config]
    while level:
        for node in level:
            if isinstance(node, Mapping) and isinstance(node.get("iterations"), int):
                return node["iterations"]
        level = [value for node in level if isinstance(node, Mapping) for value in node.values()]
    return None


def fold_ledger(rows: list[dict[str, Any]], where: str) -> tuple[tuple[Record, ...], int]:
    """(responses in the order they were drawn, committed iterations) from the ledger's rows."""
    records: dict[str, Record] = {}
    plans: dict[int, dict[str, Any]] = {}
    committed: set[int] = set()
    for number, row in enumerate(rows, 1):
        try:
            _apply(row, records, plans, committed)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{where}:{number}: row of kind {row.get('kind')!r} does not fit ({type(error).__name__}: {error})") from None
    for iteration in sorted(committed & set(plans)):
        for key, reward, advantage in _batch(plans[iteration]):
            if key in records:
                records[key] = dataclasses.replace(records[key], trained=iteration, reward=reward, advantage=advantage)
    return tuple(records.values()), len(committed)


def _batch(plan: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    yield from zip(plan["trajectories"], plan["rewards"], plan["advantages"], strict=True)


def _apply(row: Mapping[str, Any], records: dict[str, Record], plans: dict[int, dict[str, Any]], committed: set[int]) -> None:
    match row["kind"]:
        case "start":
            records.setdefault(row["trajectory"], Record(row["trajectory"], row["problem"], row["sample"], row["iteration"]))
        case "segment":
            record, segment = records[row["trajectory"]], row["segment"]
            if row["index"] != len(record.lengths):
                return  # written twice
            records[record.id] = dataclasses.replace(
                record,
                lengths=(*record.lengths, len(segment["token_ids"])),
                iterations=(*record.iterations, row["iteration"]),
                versions=(*record.versions, segment["version"]),
                stops=(*record.stops, segment["stop"]),
                tokens=(*record.tokens, tuple(segment["token_ids"])),
            )
        case "verdict":
            record = records[row["trajectory"]]
            stops = record.stops
            if stops and stops[-1] == "budget":  # judged, so it did not go on: the budget ended at the greatest length
                stops = (*stops[:-1], "context")
            records[record.id] = dataclasses.replace(record, text=row["text"], verdict=row["verdict"], stops=stops)
        case "train":
            plans[row["iteration"]] = dict(row)
        case "commit":
            committed.add(row["iteration"])
        case _:
            pass  # a kind this report does not show
