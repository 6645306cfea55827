"""What one iteration measured, and the files it is written to.

In: one `IterationMetrics` an iteration, one row a periodic evaluation. Out, under the run's folder:
`metrics.jsonl`, `evals.jsonl` (append-only, one row each) and TensorBoard scalars in `tensorboard/`.

Invariants: a row is on disk, whole, when `append` returns; iterations only go up; after `truncate_after(i)`
no file holds anything of a later iteration (TensorBoard, which cannot forget, is told to hide it).
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openk15.errors import UserError
from openk15.files import AppendLog, atomic_write_text

METRICS_FILE, EVALS_FILE, TENSORBOARD_FOLDER = "metrics.jsonl", "evals.jsonl", "tensorboard"


@dataclasses.dataclass(frozen=True, slots=True)
class IterationMetrics:
    """One iteration in numbers. Intervals are 95 % and taken over problem means; None: nothing to measure."""

    iteration: int  # counted from 0
    policy_version: int  # weight version that generated this iteration's segments
    phase: str  # curriculum phase: "uniform" or "hard"
    problems_drawn: int  # problems the curriculum drew
    groups_trained: int  # complete groups of k responses in the batch
    groups_zero_variance: int  # of those, groups whose rewards are all equal: they teach nothing
    trajectories_started: int  # responses begun
    trajectories_finished: int  # responses that ended, including ones begun earlier
    trajectories_carried: int  # responses cut by the budget, to go on next iteration
    trained_trajectories: int  # responses in the gradient
    trained_tokens: int  # response tokens in the gradient
    generated_tokens: int  # tokens sampled
    accuracy: float | None  # share of right answers among finished responses
    accuracy_low: float | None  # lower end of its interval
    accuracy_high: float | None  # upper end of its interval
    accuracy_n: int  # finished responses behind `accuracy`: those with a verdict other than error
    reward_mean: float | None  # mean reward in the batch, length reward included
    reward_low: float | None  # lower end of its interval
    reward_high: float | None  # upper end of its interval
    length_mean: float | None  # response tokens of finished responses
    length_p2_5: float | None  # 2.5th percentile of the same
    length_p97_5: float | None  # 97.5th percentile of the same
    length_reward_mean: float | None  # mean length reward before weighting
    length_weight: float  # weight of the length reward: 0 before its switch
    stops: dict[str, int]  # segments by stop reason: eos, budget, repeat, context, abort
    verdicts: dict[str, int]  # verdicts by status: correct, wrong, unparsed, timeout, error
    multi_segment_share: float | None  # share of trained responses made of two or more segments
    segments_max: int  # most segments in one trained response
    log_ratio_mean: float | None  # mean sequence log-ratio to the iteration's start, nats, last step
    log_ratio_abs_max: float | None  # greatest |sequence log-ratio|, nats
    loss: float | None  # objective, mean over the iteration's steps
    grad_norm: float | None  # gradient norm before clipping, mean over the iteration's steps
    parity_max_abs: float | None  # greatest |log-prob of engine - log-prob of learner| after the sync, nats
    image_sensitivity: float | None  # greatest |change of log-prob| when the probe's pictures are swapped, nats
    seconds: dict[str, float]  # wall time: rollout, score, train, sync, eval, total
    tokens_per_second: float | None  # generated tokens by rollout seconds

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], where: str = "metrics row") -> IterationMetrics:
        """UserError naming `where`, the field, its value and the right type if `row` does not fit."""
        missing = [name for name in _TYPES if name not in row]
        if missing:
            raise UserError(f"{where}: field {missing[0]!r} is missing; a row holds exactly {', '.join(_TYPES)}")
        for name in row:
            if name not in _TYPES:
                raise UserError(f"{where}: unknown field {name!r}; a row holds exactly {', '.join(_TYPES)}")
        for name, (kinds, spelled) in _TYPES.items():
            value = row[name]
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise UserError(f"{where}: field {name!r} is {value!r}, expected {spelled}")
        return cls(**row)


def _field_types() -> dict[str, tuple[tuple[type, ...], str]]:
    """Field name -> (types JSON may give it, the annotation as written)."""
    found: dict[str, tuple[tuple[type, ...], str]] = {}
    for name, hint in typing.get_type_hints(IterationMetrics).items():
        options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        kinds = [typing.get_origin(option) or option for option in options]
        if float in kinds:
            kinds.append(int)
        found[name] = (tuple(kinds), getattr(hint, "__name__", str(hint)) if hint in (int, str, float) else str(hint))
    return found


_TYPES = _field_types()


def read_rows(path: Path) -> tuple[list[dict[str, Any]], bool]:
    """(rows, torn): rows of an append-only log, and whether it ends in a row that was never finished.

    A missing file is an empty log. A torn last line is what a killed writer leaves and is not a row; a bad
    line anywhere else is a UserError that names file and line.
    """
    if not path.exists():
        return [], False
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(data[:whole].split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path}:{number}: not a JSON object ({error})") from None
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: expected a JSON object, got {type(row).__name__}")
        rows.append(row)
    return rows, whole < len(data)


def read_metrics(run: Path) -> list[IterationMetrics]:
    """The run's iterations in order; empty when none has finished yet."""
    path = run / METRICS_FILE
    rows, _ = read_rows(path)
    return [IterationMetrics.from_dict(row, f"{path}:{number}") for number, row in enumerate(rows, 1)]


def read_evals(run: Path) -> list[dict[str, Any]]:
    """The run's periodic evaluations in order; empty when there was none."""
    return read_rows(run / EVALS_FILE)[0]


def scalars(metrics: IterationMetrics) -> dict[str, float]:
    """Flat name -> number, grouped by what they tell; fields that were not measured are left out."""
    groups = {
        "accuracy": "outcome", "accuracy_low": "outcome", "accuracy_high": "outcome", "accuracy_n": "outcome",
        "reward_mean": "outcome", "reward_low": "outcome", "reward_high": "outcome",
        "length_mean": "length", "length_p2_5": "length", "length_p97_5": "length",
        "length_reward_mean": "length", "length_weight": "length",
        "log_ratio_mean": "learner", "log_ratio_abs_max": "learner", "loss": "learner", "grad_norm": "learner",
        "parity_max_abs": "guards", "image_sensitivity": "guards",
    }  # fmt: skip
    found: dict[str, float] = {}
    for name, value in metrics.to_dict().items():
        if isinstance(value, dict):
            found |= {f"{name}/{key}": float(number) for key, number in value.items()}
        elif isinstance(value, int | float) and name != "iteration":
            found[f"{groups.get(name, 'rollout')}/{name}"] = float(value)
    return found


class _Scalars:
    """TensorBoard event files through TensorBoard's own writer, which needs no torch."""

    def __init__(self, folder: Path):
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        folder.mkdir(parents=True, exist_ok=True)
        self._writer = EventFileWriter(str(folder))

    def add(self, step: int, values: Mapping[str, float]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]  # generated
        from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]  # generated

        summary = Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()])
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
        self._writer.flush()

    def hide_from(self, step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # pyright: ignore[reportAttributeAccessIssue]  # generated

        self._writer.add_event(Event(wall_time=time.time(), step=step, session_log=SessionLog(status=SessionLog.START)))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class MetricsWriter:
    """Writes a run's metrics. Opening an existing run goes on behind its last whole row."""

    def __init__(self, run: Path):
        self.run = run
        self._last = max((row.iteration for row in read_metrics(run)), default=-1)
        self._metrics = AppendLog(run / METRICS_FILE)
        self._evals = AppendLog(run / EVALS_FILE)
        self._scalars: _Scalars | None = None

    def append(self, metrics: IterationMetrics) -> None:
        """Raises ValueError when `metrics.iteration` is already written: truncate first."""
        if metrics.iteration <= self._last:
            raise ValueError(f"iteration {metrics.iteration} is already in {self._metrics.path} (last: {self._last}); truncate_after first")
        self._metrics.append(metrics.to_dict())
        self._last = metrics.iteration
        self._board().add(metrics.iteration, scalars(metrics))

    def append_eval(self, row: Mapping[str, Any]) -> None:
        """`row["iteration"]` is the last iteration trained into the policy that was evaluated; -1: none yet."""
        self._evals.append(dict(row))
        names = ("accuracy", "low", "high", "n", "tokens", "truncation_rate")
        values = {f"held_out/{name}": float(row[name]) for name in names if isinstance(row.get(name), int | float)}
        self._board().add(row["iteration"], {name: value for name, value in values.items() if math.isfinite(value)})

    def truncate_after(self, iteration: int) -> None:
        """Drop the rows of iterations after `iteration` (they were never committed); each file changes atomically."""
        for log in (self._metrics, self._evals):
            log.close()
        dropped = False
        for name in (METRICS_FILE, EVALS_FILE):
            path = self.run / name
            rows, _ = read_rows(path)
            kept = [row for row in rows if row["iteration"] <= iteration]
            if len(kept) < len(rows):
                dropped = True
                atomic_write_text(path, "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in kept))
        self._metrics, self._evals = AppendLog(self.run / METRICS_FILE), AppendLog(self.run / EVALS_FILE)
        self._last = min(self._last, iteration)
        if dropped:
            self._board().hide_from(iteration + 1)

    def close(self) -> None:
        self._metrics.close()
        self._evals.close()
        if self._scalars is not None:
            self._scalars.close()

    def _board(self) -> _Scalars:
        if self._scalars is None:
            self._scalars = _Scalars(self.run / TENSORBOARD_FOLDER)
        return self._scalars
