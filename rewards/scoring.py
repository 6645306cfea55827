"""Rows of JSON-lines files in, verdict rows out: what `rewards score` does, in bounded memory.

    {"id", "response", "answer": {"verifier", "reference", ...}}      a row in
    {"id", "response", "gold"}                                        the same in short, with a verifier named by the caller
    {"id", "status", "score", "extracted", "reason", "seconds", "verifier"}   a row out, in the order of the rows in

The whole file is checked before anything is judged; a wrong row is a `UserError` that names file and line. The
output appears under its name when it is complete. A run that was stopped goes on where it was: the same rows, judged by
the same versions of the verifiers with the same parameters.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openk15.errors import OpenK15Error, UserError
from openk15.files import fsync_folder, numbered_jsonl, sha256_file
from openk15.seeds import digest
from rewards.intervals import Mean, Share
from rewards.partial import resumable_lines, unwritable, write_row
from rewards.pool import RewardPool
from rewards.registry import get, names
from rewards.verdict import Answer, Status, Verdict

FORM = '{"id", "response", "answer": {"verifier", "reference"}}, or {"id", "response", "gold"} with --verifier'


@dataclass(frozen=True, slots=True)
class Row:
    id: str | int
    response: str
    answer: Answer


@dataclass
class Summary:
    """What was judged; accuracy leaves errors out, for they say nothing about the responses."""

    counts: Counter[Status] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)  # causes
    scores: Mean = field(default_factory=Mean)
    seconds: float = 0.0  # wall time
    kept: int = 0  # of a run that was stopped

    def add(self, verdict: Verdict) -> None:
        self.counts[verdict.status] += 1
        if verdict.score is None:
            self.errors[f"{verdict.verifier}: {verdict.reason}"[:200]] += 1
        else:
            self.scores.add(verdict.score)

    @property
    def accuracy(self) -> Share:
        return Share(self.counts[Status.CORRECT], self.counts.total() - self.counts[Status.ERROR])


def answer_of(row: Mapping[str, Any], verifier: str | None, params: Mapping[str, Any]) -> Answer:
    """The answer of a row in either form. `verifier` takes the place of the row's own; `params` give way to the row's.

    Raises KeyError, TypeError, ValueError or UserError saying what is wrong.
    """
    if isinstance(row.get("answer"), Mapping):
        if "gold" in row:
            raise ValueError("has both answer and gold; which is right?")
        given = Answer.from_dict(row["answer"] if verifier is None else {**row["answer"], "verifier": verifier})
    elif "gold" in row and "answer" not in row:
        if verifier is None:
            raise ValueError("has gold but names no verifier; give --verifier NAME")
        given = Answer(verifier, row["gold"])
    else:
        raise ValueError("has neither an answer object nor gold" if "answer" not in row else "answer must be an object")
    get(given.verifier)
    return Answer(given.verifier, given.reference, {**params, **given.params}) if params else given


def rows_of(path: Path, verifier: str | None = None, params: Mapping[str, Any] | None = None) -> Iterator[Row]:
    for number, row in numbered_jsonl(path):
        try:
            key, response = row["id"], row["response"]
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise TypeError(f"id must be text or an integer, got {key!r}")
            if not isinstance(response, str):
                raise TypeError(f"response must be text, got {type(response).__name__}")
            answer = answer_of(row, verifier, params or {})
        except KeyError as error:
            raise UserError(f"{path}:{number}: no {error.args[0]!r}; a row is {FORM}") from None
        except (TypeError, ValueError) as error:  # UserError is a ValueError: an unknown verifier, with the nearest name
            raise UserError(f"{path}:{number}: {error}; a row is {FORM}") from None
        yield Row(key, response, answer)


def parse_params(given: list[str]) -> dict[str, Any]:
    """`key=json` options; a value that is not JSON must be quoted, so that 1 and "1" stay apart."""
    params: dict[str, Any] = {}
    for one in given:
        key, equals, text = one.partition("=")
        try:
            if not (key and equals):
                raise ValueError
            params[key] = json.loads(text)
        except ValueError:
            raise UserError(f"--param {one}: expected key=JSON, for example --param tolerance=0.01 or --param 'unit=\"cm\"'") from None
    return params


def check_out(path: Path, *inputs: Path) -> None:
    if path.is_dir():
        raise UserError(f"{path}: is a folder; --out names a file")
    if path.exists() and any(given.exists() and path.samefile(given) for given in inputs):
        raise UserError(f"{path}: is the input; --out must name another file")


@contextmanager
def atomic_lines(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A function that writes rows to a temporary file, which takes `path`'s name when the block ends well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as handle:
            yield lambda row: write_row(handle, row)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
        fsync_folder(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, OpenK15Error):
            raise unwritable(path, error) from error
        raise


def depends_on(path: Path, verifier: str | None, params: Mapping[str, Any]) -> str:
    """A short name for all that the verdicts on the rows of `path` depend on."""
    versions = {name: get(name).version for name in names()}
    return digest(sha256_file(path), verifier, json.dumps(params, sort_keys=True), versions)[:16]


def check_params(pool: RewardPool, answer: Answer, params: Mapping[str, Any]) -> None:
    """Raises UserError when the verifier of `answer` does not take what the caller gave to every row.

    Verifiers read their parameters before the response, and name the one that is at fault.
    """
    verdict = pool.score([("", answer)])[0]
    if verdict.status is Status.ERROR and any(repr(key) in verdict.reason for key in params):
        raise UserError(f"{answer.verifier}: {verdict.reason.removeprefix('ValueError: ')}")


def score_file(
    path: Path,
    out: Path,
    pool: RewardPool,
    *,
    verifier: str | None = None,
    params: Mapping[str, Any] | None = None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Judge every row of `path` into `out`; `advance(done, total)` after each."""
    check_out(out, path)
    params = params or {}
    total, key = 0, f"{os.getpid()}-{time.time_ns()}"  # of a pipe, which goes on from nothing: a process number comes again
    if path.is_file() or not path.exists():  # a pipe can be read only once
        first = None
        for row in rows_of(path, verifier, params):
            total += 1
            first = first or row
        if not total:
            raise UserError(f"{path}: holds no row; a row is {FORM}")
        key = depends_on(path, verifier, params)
        if first and params:
            check_params(pool, first.answer, params)
    waiting: deque[str | int] = deque()  # ids of the rows that are read and not yet judged
    summary = Summary()

    def keep(row: dict[str, Any]) -> bool:
        """An error may be the very fault that stopped the run: it is judged again, and what follows it."""
        try:
            verdict = Verdict.from_dict(row)
        except (KeyError, TypeError, ValueError):
            return False
        if verdict.status is Status.ERROR:
            return False
        summary.add(verdict)
        summary.kept += 1
        return True

    def items() -> Iterator[tuple[str, Answer]]:
        for row in itertools.islice(rows_of(path, verifier, params), summary.kept, None):
            waiting.append(row.id)
            yield row.response, row.answer

    begun = time.monotonic()
    with resumable_lines(out, key, keep) as write:
        for verdict in pool.stream(items()):
            write({"id": waiting.popleft(), **verdict.to_dict()})
            summary.add(verdict)
            advance(summary.counts.total(), total)
    summary.seconds = time.monotonic() - begun
    return summary
