"""A folder of coding problems, one sub-folder each.

    FOLDER/<slug>/statement.md              what a solver reads
    FOLDER/<slug>/meta.yaml                 title, licence, grade, tags, limits (see `Meta`)
    FOLDER/<slug>/submissions/correct/*     accepted programs (.py, .cpp)
    FOLDER/<slug>/submissions/wrong/*       rejected programs; the first line is a comment that says what is wrong
    FOLDER/<slug>/generator.py              makes one input a run; absent where a model writes it

Read in the order of the names. A problem that cannot be used is a UserError that names file and field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from openk15.config import StrictModel
from openk15.errors import UserError

LANGUAGES = {".py": "python", ".cpp": "cpp"}
COMMENTS = {"python": "#", "cpp": "//"}


class Meta(StrictModel):
    """What is known of a problem beside its statement."""

    title: str = Field(min_length=1)
    licence: str = Field(min_length=1, description="SPDX where there is one")
    grade: int = Field(ge=1, le=5, description="difficulty label, 1 = easiest")
    tags: tuple[str, ...] = ()
    cpu_seconds: float = Field(default=2.0, gt=0.0, description="per test")
    memory_mb: int = Field(default=256, gt=0)
    special_judge: bool | None = Field(default=None, description="where the origin says so; overrides what the statement suggests")
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    name: str  # "correct/03_prefix_sums.py"
    language: str
    source: str
    bug: str = ""  # what is wrong with it, by its first line


@dataclass(frozen=True, slots=True)
class CodeProblem:
    slug: str
    statement: str
    meta: Meta
    correct: tuple[Submission, ...]
    wrong: tuple[Submission, ...]
    generator: str | None


def problem_folders(folder: Path) -> list[Path]:
    """Sub-folders in order of their names; UserError when there are none."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected one with a sub-folder for each problem")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    if not found:
        raise UserError(f"{folder}: no problems in it; expected a sub-folder for each, with statement.md and meta.yaml")
    return found


def problem_files(folder: Path) -> list[Path]:
    """Every file that the problems depend on."""
    return sorted(
        path for home in problem_folders(folder) for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )


def read_problems(folder: Path) -> Iterator[CodeProblem | tuple[str, UserError]]:
    """Each problem, or (slug, what is wrong with it)."""
    for home in problem_folders(folder):
        try:
            yield read_problem(home)
        except UserError as error:
            yield home.name, error


def read_problem(home: Path) -> CodeProblem:
    statement = _text(home / "statement.md").strip()
    if not statement:
        raise UserError(f"{home / 'statement.md'}: is empty")
    correct = _submissions(home / "submissions" / "correct")
    wrong = _submissions(home / "submissions" / "wrong", wrong=True)
    if not correct:
        raise UserError(f"{home / 'submissions' / 'correct'}: no accepted submissions; expected files ending in {' or '.join(LANGUAGES)}")
    seen: dict[str, str] = {}
    for one in (*correct, *wrong):
        if one.source in seen:
            raise UserError(f"{home}: {one.name} and {seen[one.source]} are the same text; submissions must differ")
        seen[one.source] = one.name
    script = home / "generator.py"
    return CodeProblem(home.name, statement, _meta(home / "meta.yaml"), correct, wrong, _text(script) if script.exists() else None)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _meta(path: Path) -> Meta:
    try:
        loaded = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(loaded, dict):
        raise UserError(f"{path}: expected a mapping of keys, got {type(loaded).__name__}")
    try:
        return Meta.model_validate(loaded)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        known = f"; known: {', '.join(Meta.model_fields)}" if first["type"] == "extra_forbidden" else f" (got {first['input']!r})"
        raise UserError(f"{path}: key {key!r}: {first['msg']}{known}") from None


def _submissions(folder: Path, wrong: bool = False) -> tuple[Submission, ...]:
    found: list[Submission] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_dir():
            continue
        language = LANGUAGES.get(path.suffix)
        if language is None:
            raise UserError(f"{path}: submissions end in {' or '.join(LANGUAGES)}")
        source = _text(path)
        found.append(Submission(f"{folder.name}/{path.name}", language, source, _bug(path, language, source) if wrong else ""))
    return tuple(found)


def _bug(path: Path, language: str, source: str) -> str:
    first, sign = source.partition("\n")[0].strip(), COMMENTS[language]
    said = first.removeprefix(sign).strip()
    if not first.startswith(sign) or not said:
        raise UserError(f"{path}: the first line of a wrong submission is a comment that says what is wrong with it; it is {first!r}")
    return said
