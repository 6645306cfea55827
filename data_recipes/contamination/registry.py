"""Benchmarks by name: where the questions and pictures lie in a benchmark's folder. A user adds one with a field map.

    against:
      - ../data                                   # a folder of benchmark folders: every one whose name is registered
      - ../data/gsm8k                             # one folder, by its name
      - {path: /sets/gsm8k-main, benchmark: gsm8k}
      - {path: mine.jsonl, name: mine, fields: {question: prompt, id: uid, choices: options, image: picture}}

Read are .jsonl, .json (a list, or records by id), both also with .gz, and .csv files inside a .zip. Sources and rows are in LAYOUTS.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import model_validator

from openk15.config import StrictModel
from openk15.errors import UserError

Record = dict[str, Any]


class Fields(StrictModel):
    """Names of the fields of a benchmark's records."""

    question: str
    id: str | None = None  # the record's number where there is none
    choices: str | tuple[str, ...] | None = None  # one field with a list, or a field for each choice
    image: str | tuple[str, ...] | None = None  # path of a picture, relative to the file
    answer: str | None = None


@dataclass(frozen=True)
class Layout:
    """`files` are globs in the folder; the first of several that match is not enough, all of them are read."""

    files: tuple[str, ...]
    fields: Fields
    keep: Callable[[Record], bool] = lambda record: True
    columns: tuple[str, ...] = ()  # of csv files without a header
    members: tuple[str, ...] = ()  # parts of a zip file to read, by prefix


def _mbpp_test(record: Record) -> bool:
    return 11 <= int(record["task_id"]) <= 510


_LETTERS = ("A", "B", "C", "D")
LAYOUTS: dict[str, Layout] = {
    "aime24": Layout(("test.jsonl",), Fields(question="problem", id="id", answer="expected_answer")),
    "aime25": Layout(("test.jsonl",), Fields(question="problem", id="id", answer="answer")),
    "amc23": Layout(("test.jsonl",), Fields(question="question", id="id", answer="answer")),
    "ceval": Layout(("ceval.zip",), Fields(question="question", id="id", choices=_LETTERS, answer="answer"), members=("test/", "val/")),
    "cluewsc": Layout(("test_public.jsonl", "test.jsonl"), Fields(question="text", answer="label")),
    "geometry3k": Layout(("*/ex.json",), Fields(question="problem_text", id="id", choices="choices", image="image.png", answer="answer")),
    "gsm8k": Layout(("test.jsonl",), Fields(question="question", answer="answer")),
    "humaneval": Layout(("HumanEval.jsonl.gz",), Fields(question="prompt", id="task_id", answer="test")),
    "humaneval_mul": Layout(("*.jsonl",), Fields(question="prompt", id="task_id", answer="test")),
    "ifeval": Layout(("test.jsonl",), Fields(question="prompt", id="key", answer="instruction_id_list")),
    "leetcode_contest": Layout(("*.jsonl.gz",), Fields(question="prompt", id="task_id", answer="test")),
    "math500": Layout(("test.jsonl",), Fields(question="problem", id="unique_id", answer="answer")),
    "math_test5000": Layout(("test.jsonl.gz",), Fields(question="problem", id="idx", answer="solution")),
    "mathvision": Layout(("test.jsonl",), Fields(question="question", id="id", choices="options", image="image", answer="answer")),
    "mathvista": Layout(("testmini.json.gz",), Fields(question="question", id="pid", choices="choices", image="image", answer="answer")),
    "mbpp": Layout(("mbpp.jsonl",), Fields(question="text", id="task_id", answer="test_list"), keep=_mbpp_test),
    "mmlu": Layout(
        ("mmlu.zip",),
        Fields(question="question", choices=_LETTERS, answer="answer"),
        columns=("question", *_LETTERS, "answer"),
        members=("data/test/", "data/val/"),
    ),
}
ALIASES = {"geometry3k_sketchpad": "geometry3k", "math": "math_test5000"}


class Against(StrictModel):
    """One benchmark, or a folder of them."""

    path: Path
    benchmark: str | None = None  # name of its layout; the folder's name says it otherwise
    name: str | None = None  # as it is called in evidence and card
    fields: Fields | None = None  # of a benchmark that is not registered

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, (str, Path)) else value


@dataclass(frozen=True)
class Benchmark:
    name: str
    files: tuple[Path, ...]
    layout: Layout


@dataclass(frozen=True)
class Question:
    benchmark: str
    id: str
    text: str
    choices: tuple[str, ...]
    pictures: tuple[Path, ...]  # those that are there
    missing: int  # pictures that the record names and that are not there
    answered: bool


def benchmarks(against: Sequence[Against]) -> tuple[list[Benchmark], list[str]]:
    """What `against` names, in order, and the parts of folders that are no benchmark we know. UserError for what cannot be read."""
    found: list[Benchmark] = []
    unknown: list[str] = []
    for entry in against:
        if not entry.path.exists():
            raise UserError(f"step decontaminate: against {entry.path}: no such file or folder")
        if entry.fields is not None:
            files = (entry.path,) if entry.path.is_file() else tuple(sorted(path for path in entry.path.iterdir() if _kind(path)))
            if not files:
                raise UserError(f"step decontaminate: against {entry.path}: holds no .jsonl, .json, .jsonl.gz, .json.gz or .zip file")
            found.append(Benchmark(entry.name or entry.path.stem, files, Layout((), entry.fields)))
            continue
        name = entry.benchmark or _named(entry.path)
        if name is None and entry.path.is_dir():
            inside = {path: _named(path) for path in sorted(entry.path.iterdir()) if path.is_dir()}
            unknown += [str(path.name) for path, known in inside.items() if known is None]
            parts = [_one(path, known, known) for path, known in inside.items() if known is not None]
            if parts:
                found += parts
                continue
        if name is None or name not in LAYOUTS:
            raise UserError(f"step decontaminate: against {entry.path}: {_unregistered(name or entry.path.name)}")
        found.append(_one(entry.path, name, entry.name or name))
    names = [benchmark.name for benchmark in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"step decontaminate: against names {twice[0]!r} twice; give one of them another name")
    return found, unknown


def _unregistered(name: str) -> str:
    near = difflib.get_close_matches(name, [*LAYOUTS, *ALIASES], n=1)
    hint = f"did you mean benchmark: {near[0]}?" if near else f"registered: {', '.join(sorted(LAYOUTS))}."
    return f"{name!r} is no registered benchmark; {hint} Or say its fields, e.g. fields: {{question: prompt}}"


def _named(path: Path) -> str | None:
    """The registered name that a folder has, or the folder that a file is in."""
    for name in (path.name, path.parent.name if path.is_file() else ""):
        if name in LAYOUTS or name in ALIASES:
            return ALIASES.get(name, name)
    return None


def _one(path: Path, layout: str, name: str) -> Benchmark:
    rules = LAYOUTS[layout]
    files = (path,) if path.is_file() else tuple(sorted(file for pattern in rules.files for file in path.glob(pattern)))
    if not files:
        raise UserError(f"step decontaminate: against {path}: benchmark {layout} expects {' and '.join(rules.files)} in it, found none")
    return Benchmark(name, files, rules)


def questions(benchmark: Benchmark) -> Iterator[Question]:
    """Every question of it; UserError naming the file and record for one that does not fit."""
    fields, layout = benchmark.layout.fields, benchmark.layout
    for file in benchmark.files:
        for where, record in _records(file, layout):
            if fields.question not in record:
                raise UserError(f"{where}: benchmark {benchmark.name}: no field {fields.question!r}; it has {', '.join(map(str, record))}")
            if not layout.keep(record):
                continue
            pictures = [file.parent / name for name in _images(record, fields, file)]
            there = tuple(path for path in pictures if path.is_file())
            answer = record.get(fields.answer) if fields.answer else None
            identity = str(record[fields.id]) if fields.id and record.get(fields.id) is not None else where.rpartition(":")[2]
            prefix = "" if len(benchmark.files) == 1 or layout.files == ("*/ex.json",) else f"{file.name.partition('.')[0]}/"
            yield Question(
                benchmark.name,
                prefix + (f"{where.split(':')[1]}/{identity}" if file.suffix == ".zip" else identity),
                str(record[fields.question] or ""),
                _choices(record, fields),
                there,
                len(pictures) - len(there),
                answer not in (None, "", [], "None"),
            )


def _choices(record: Record, fields: Fields) -> tuple[str, ...]:
    if isinstance(fields.choices, tuple):
        return tuple(str(record.get(name) or "") for name in fields.choices)
    listed = record.get(fields.choices) if fields.choices else None
    if isinstance(listed, Mapping):
        listed = list(listed.values())
    return tuple(map(str, listed)) if isinstance(listed, (list, tuple)) else ()


def _images(record: Record, fields: Fields, file: Path) -> list[str]:
    names = (fields.image,) if isinstance(fields.image, str) else fields.image or ()
    found: list[str] = []
    for name in names:
        if name in record:
            value = record[name]
            found += [str(part) for part in (value if isinstance(value, list) else [value]) if part]
        elif "." in name:  # a file beside the record, not a field of it
            found.append(name)
    return found


def _kind(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return next((ending for ending in (".jsonl", ".json", ".zip") if name.endswith(ending)), "")


def _records(file: Path, layout: Layout) -> Iterator[tuple[str, Record]]:
    """("file:place", record) of every record."""
    kind = _kind(file)
    try:
        if kind == ".zip":
            yield from _zipped(file, layout)
            return
        if not kind:
            raise UserError(f"{file}: expected .jsonl, .json, .jsonl.gz, .json.gz or .zip")
        text = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode("utf-8")
        if kind == ".jsonl":
            for number, line in enumerate(text.split("\n"), 1):
                if line.strip():
                    yield f"{file}:{number}", _mapping(json.loads(line), f"{file}:{number}")
            return
        whole = json.loads(text)
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{file}: cannot be read as {kind.lstrip('.')}: {' '.join(str(error).split())[:160]}") from None
    if isinstance(whole, dict) and layout.files == ("*/ex.json",):
        yield f"{file}:{file.parent.name}", whole
    elif isinstance(whole, dict):
        for key, record in whole.items():
            yield f"{file}:{key}", _mapping(record, f"{file}:{key}")
    elif isinstance(whole, list):
        for number, record in enumerate(whole, 1):
            yield f"{file}:{number}", _mapping(record, f"{file}:{number}")
    else:
        raise UserError(f"{file}: expected a list of records or records by id, got {type(whole).__name__}")


def _mapping(record: Any, where: str) -> Record:
    if not isinstance(record, dict):
        raise UserError(f"{where}: expected a JSON object, got {type(record).__name__}")
    return record


def _zipped(file: Path, layout: Layout) -> Iterator[tuple[str, Record]]:
    with zipfile.ZipFile(file) as archive:
        for member in sorted(archive.namelist()):
            if not member.endswith(".csv") or (layout.members and not member.startswith(layout.members)):
                continue
            rows = csv.DictReader(io.StringIO(archive.read(member).decode("utf-8-sig")), fieldnames=layout.columns or None)
            for number, row in enumerate(rows, 1):
                yield f"{file}:{Path(member).stem}:{number}", dict(row)
