"""The write-ahead log of a run: every segment and verdict is on disk before it is used.

    start     a trajectory was drawn
    segment   an engine produced tokens for it
    verdict   its finished response was judged
    train     these trajectories, in this order, make iteration i's batch
    commit    iteration i is done and version i+1 is published

The file is append-only JSON lines. State is a fold over it: `Ledger.open` replays what was written and cuts
off a torn last line. A trajectory is trained by at most one committed iteration; appending a second is an
error, not a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from multimodal.segment import Segment
from openk15.errors import UserError
from openk15.files import AppendLog, read_jsonl
from rewards.verdict import Verdict
from rl.trajectory import Trajectory, in_order


class Ledger:
    """All trajectories of a run by id, and which were trained in which iteration."""

    def __init__(self, path: Path):
        self.path = path
        self._log = AppendLog(path)
        self.live: dict[str, Trajectory] = {}  # drawn and not trained by a committed iteration
        self.planned: dict[int, list[str]] = {}  # iteration -> ids of its batch, in order
        self.trained: dict[str, int] = {}  # id -> committed iteration that trained it
        self.dropped: dict[str, int] = {}  # id -> committed iteration that gave it up (verifier errors)
        self._plan_dropped: list[str] = []
        self.committed: int = 0  # iterations done; also the version that is published
        for number, row in enumerate(read_jsonl(path), 1):
            try:
                self._apply(row)
            except (KeyError, ValueError, TypeError) as error:
                raise UserError(f"{path}:{number}: ledger row does not fit what came before it ({error}); restore the file") from None

    # -- writing: on disk first, then in memory ------------------------------------------------------------

    def start(self, trajectories: Iterable[Trajectory]) -> None:
        """Record drawn trajectories; those already recorded (a resumed iteration) are left as they are."""
        self._write(
            {
                "kind": "start",
                "trajectory": item.id,
                "group": item.group,
                "problem": item.problem_id,
                "sample": item.sample,
                "iteration": item.started,
                "max_tokens": item.max_tokens,
            }
            for item in trajectories
            if item.id not in self.live and item.id not in self.trained
        )

    def segments(self, iteration: int, items: Iterable[tuple[str, Segment]]) -> None:
        self._write(
            {
                "kind": "segment",
                "trajectory": key,
                "index": len(self.live[key].segments),
                "iteration": iteration,
                "segment": segment.to_dict(),
            }
            for key, segment in items
        )

    def verdicts(self, iteration: int, items: Iterable[tuple[str, str, Verdict]]) -> None:
        """(trajectory id, response text, verdict) of finished trajectories."""
        self._write(
            {"kind": "verdict", "trajectory": key, "iteration": iteration, "text": text, "verdict": verdict.to_dict()}
            for key, text, verdict in items
        )

    def train(
        self, iteration: int, batch: Sequence[str], rewards: Sequence[float], advantages: Sequence[float], dropped: Sequence[str]
    ) -> None:
        """What iteration `iteration` trains, in order, and what it gives up; a repeat must say the same."""
        row = {
            "kind": "train",
            "iteration": iteration,
            "trajectories": list(batch),
            "rewards": list(rewards),
            "advantages": list(advantages),
            "dropped": list(dropped),
        }
        if iteration in self.planned:
            if self.planned[iteration] != list(batch):
                raise ValueError(
                    f"iteration {iteration} was about to train {len(self.planned[iteration])} trajectories, now {len(batch)} others"
                )
            return
        self._write([row])

    def commit(self, iteration: int) -> None:
        self._write([{"kind": "commit", "iteration": iteration, "version": iteration + 1}])

    def _write(self, rows: Iterable[dict[str, Any]]) -> None:
        listed = list(rows)
        self._log.append(*listed)
        for row in listed:
            self._apply(row)

    # -- folding ---------------------------------------------------------------------------------------------

    def _apply(self, row: dict[str, Any]) -> None:
        match row["kind"]:
            case "start":
                key = row["trajectory"]
                if key in self.live or key in self.trained:
                    raise ValueError(f"trajectory {key} was started twice")
                self.live[key] = Trajectory(key, row["group"], row["problem"], row["sample"], row["iteration"], row["max_tokens"])
            case "segment":
                item = self.live[row["trajectory"]]
                if row["index"] != len(item.segments):
                    raise ValueError(f"trajectory {item.id}: segment {row['index']} where {len(item.segments)} was due")
                self.live[item.id] = item.with_segment(Segment.from_dict(row["segment"]))
            case "verdict":
                item = self.live[row["trajectory"]]
                if item.verdict is not None or not item.done:
                    raise ValueError(f"trajectory {item.id}: a verdict that was not due")
                self.live[item.id] = replace(item, verdict=Verdict.from_dict(row["verdict"]))
            case "train":
                again = [key for key in (*row["trajectories"], *row["dropped"]) if key in self.trained or key in self.dropped]
                if again:
                    raise ValueError(f"trajectory {again[0]} would be trained a second time")
                self.planned[row["iteration"]] = list(row["trajectories"])
                self._plan_dropped = list(row["dropped"])
            case "commit":
                iteration = row["iteration"]
                if iteration != self.committed:
                    raise ValueError(f"commit of iteration {iteration} where {self.committed} was due")
                for key in self.planned[iteration]:
                    self.trained[key] = iteration
                    del self.live[key]
                for key in self._plan_dropped:
                    self.dropped[key] = iteration
                    del self.live[key]
                self.committed = iteration + 1
            case other:
                raise ValueError(f"unknown kind {other!r}")

    # -- views -----------------------------------------------------------------------------------------------

    def unfinished(self) -> list[Trajectory]:
        return in_order([item for item in self.live.values() if not item.done])

    def ended(self, iteration: int) -> list[Trajectory]:
        """Responses that ended in `iteration`, judged or not; what is trained counts until its commit."""
        return [item for item in self.live.values() if item.done and item.segments[-1].version == iteration]

    def unjudged(self) -> list[Trajectory]:
        return in_order([item for item in self.live.values() if item.done and item.verdict is None])

    def complete_groups(self) -> list[list[Trajectory]]:
        """Groups all of whose members are judged, in the order they were drawn."""
        groups: dict[str, list[Trajectory]] = {}
        for item in in_order(list(self.live.values())):
            groups.setdefault(item.group, []).append(item)
        return [group for group in groups.values() if all(item.verdict is not None for item in group)]

    def close(self) -> None:
        self._log.close()
