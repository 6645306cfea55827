"""One response to one problem with its verdict, and the file that holds a run's responses.

`samples.jsonl` has one JSON object a line, ordered by problem (as in the dataset) and sample index; it exists
whole or not at all. Every number in results.json can be computed from it and the dataset.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multimodal.segment import StopReason
from openk15.errors import UserError
from openk15.files import atomic_write_text, read_jsonl
from rewards.verdict import Status, Verdict

SAMPLES_FILE = "samples.jsonl"
CUT_STOPS = frozenset({StopReason.BUDGET, StopReason.CONTEXT})  # the response did not end by itself


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One sampled response, judged."""

    problem_id: str
    sample: int  # 0..k-1
    response: str  # decoded, special tokens left out
    tokens: int  # sampled token ids, the end-of-turn token included
    stop: StopReason
    verdict: Verdict
    seed: int

    @property
    def truncated(self) -> bool:
        return self.stop in CUT_STOPS

    @property
    def score(self) -> float | None:
        """In [0, 1]; None when the verifier failed, which says nothing about the response."""
        return None if self.verdict.status is Status.ERROR else self.verdict.score

    def to_dict(self) -> dict[str, Any]:
        return {
            "problem_id": self.problem_id,
            "sample": self.sample,
            "response": self.response,
            "tokens": self.tokens,
            "stop": str(self.stop),
            "verdict": self.verdict.to_dict(),
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> SampleRecord:
        return cls(
            row["problem_id"],
            row["sample"],
            row["response"],
            row["tokens"],
            StopReason(row["stop"]),
            Verdict.from_dict(row["verdict"]),
            row["seed"],
        )


def write_samples(path: Path, records: Iterable[SampleRecord]) -> None:
    atomic_write_text(path, "".join(json.dumps(record.to_dict(), ensure_ascii=False) + "\n" for record in records))


def read_samples(path: Path) -> list[SampleRecord]:
    """UserError naming file and line when a row is not a sample, or the file is missing."""
    records: list[SampleRecord] = []
    for number, row in enumerate(read_jsonl(path), 1):
        try:
            records.append(SampleRecord.from_dict(row))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}:{number}: not a sample record ({type(error).__name__}: {error})") from None
    return records
