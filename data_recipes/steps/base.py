"""What a step is: it measures rows and never drops one. Selection comes last and reads the measures.

A measure is {"value": bool | number | text | null, ...evidence}: evidence says how the value came about
("threshold", "matched", "span", "text"). A step called `near_dup` that measures "group" yields "near_dup.group".

    RowStep      one row's measures depend on that row alone; shards are worked on in parallel
    GlobalStep   `sketch` shards in parallel, then `combine` once over all sketches
    Step         anything else (engines): implement `run`

Results are cached by (step, parameters, version, code, package versions, inputs, shard digest): the same content is never measured
twice.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import importlib
import json
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from data_recipes.report import Report
from data_recipes.row import Shard, ShardRef
from data_recipes.versions import packages
from openk15.config import StrictModel
from openk15.errors import UserError
from openk15.files import sha256_file
from openk15.seeds import digest

if TYPE_CHECKING:
    from data_recipes.cache import StageCache
    from data_recipes.executor import Executor

Measure = dict[str, Any]  # {"value": ..., **evidence}; JSON
Measures = dict[str, Measure]  # by name, of one row


@dataclass(frozen=True)
class Context:
    """What a step may use.

    `alive(shard)`: which rows the rules known so far would keep; dear steps skip the others.
    `measured(shard)`: per row, what the steps before it measured, by full name ("text_rules.special_share").
    """

    executor: Executor
    cache: StageCache
    seed: int
    alive: Callable[[ShardRef], list[bool]]
    measured: Callable[[ShardRef], list[Measures]]


@dataclass(frozen=True)
class StepOutput:
    """Measures of every row, shard by shard in order."""

    measures: Iterator[list[Measures]]
    report: Callable[[], Report] = Report  # asked for when `measures` is spent


class Step(StrictModel):
    """Parameters of one step (its fields), and what it measures. Subclasses live in one module each."""

    use: ClassVar[str]
    version: ClassVar[int] = 1  # raise it when results change for a reason outside the module's code
    measured: ClassVar[Mapping[str, str]]  # name of a measure -> what it says, for `data_recipes list`

    def inputs(self) -> Sequence[Path]:
        """Files outside the rows that results depend on."""
        return ()

    def fingerprint(self) -> str:
        """Of everything but the rows: name, version, code of the module and packages, parameters, content of input files."""
        files = [sha256_file(path) for path in self.inputs()]
        return digest(self.use, self.version, code_digest(type(self).__module__), self.model_dump(mode="json"), files)

    def check(self) -> None:
        """Raise UserError for parameters that cannot work here (a missing file, a model folder that is none)."""
        for path in self.inputs():
            if not path.exists():
                raise UserError(f"step {self.use}: {path}: no such file")

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        raise NotImplementedError


class RowStep(Step):
    """A row's measures depend on the row alone."""

    @abstractmethod
    def measure(self, shard: Shard) -> list[Measures]:
        """One dict per row of `shard`, in order."""

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        return StepOutput(context.cache.mapped(self.fingerprint(), partial(_measure, self), shards, context.executor))


class GlobalStep(Step):
    """Rows are compared with each other: small sketches in parallel, then one pass over all of them."""

    @abstractmethod
    def sketch(self, shard: Shard) -> Any:
        """Whatever `combine` needs of a shard; picklable and small."""

    @abstractmethod
    def combine(self, shards: Sequence[ShardRef], sketches: Sequence[Any]) -> tuple[list[list[Measures]], Report]:
        """Measures of every row, shard by shard."""

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        name = self.fingerprint()

        def combine() -> Any:
            sketches = list(context.cache.mapped(digest(name, "sketch"), partial(_sketch, self), shards, context.executor))
            measures, report = self.combine(shards, sketches)
            return {"measures": measures, "report": report.to_dict()}

        found = context.cache.once(digest(name, [shard.digest for shard in shards]), combine)
        return StepOutput(iter(found["measures"]), lambda: Report.from_dict(found["report"]))


def _measure(step: RowStep, shard: ShardRef) -> list[Measures]:
    opened = shard.open()
    found = step.measure(opened)
    assert len(found) == len(opened.rows), f"{step.use} measured {len(found)} of {len(opened.rows)} rows"
    return found


def _sketch(step: GlobalStep, shard: ShardRef) -> Any:
    return step.sketch(shard.open())


OURS = ("data_recipes.", "multimodal.", "rewards.")
ENGINE = {
    f"data_recipes.{name}" for name in ("cache", "executor", "recipe", "row", "rules", "select", "steps.base", "sources.base")
}  # carry, never compute


def code_digest(module: str) -> str:
    """Of the code that runs, ours and that of packages: results of changed code are never taken from the cache."""
    return digest(_text_digest(module), packages(), size=8)


@cache
def _text_digest(module: str) -> str:
    """Of the source text of a module and of ours that it imports."""
    texts, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        if name in texts or name in ENGINE:
            continue
        source = _source(name)
        if source is None:
            continue
        texts[name], imported = source
        waiting += imported
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()[:16]


@cache
def _source(module: str) -> tuple[str, tuple[str, ...]] | None:
    """Its text and what it imports of ours, parsed once: most modules share what they import."""
    path = _file_of(module)
    if path is None:
        return None
    text = path.read_text("utf-8")
    return text, tuple(found for found in _imports(text) if found.startswith(OURS))


def _file_of(module: str) -> Path | None:
    """Its source file, found without importing it; None for what is no module of ours (a name inside one)."""
    base = Path(__file__).resolve().parents[2].joinpath(*module.split("."))
    found = next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
    loaded = getattr(sys.modules.get(module), "__file__", None)
    return found or (Path(loaded) if loaded else None)


def _imports(text: str) -> Iterator[str]:
    """Modules a source text may import, at its top or inside functions; names that are no modules do no harm."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# name in a recipe -> module; a module is imported when a recipe uses it, so heavy libraries cost only who needs them
STEPS: dict[str, str] = {
    "classifier": "data_recipes.steps.classifier",
    "code_rules": "data_recipes.steps.code_rules",
    "cognitive": "data_recipes.steps.cognitive",
    "decontaminate": "data_recipes.steps.decontaminate",
    "difficulty": "data_recipes.steps.difficulty",
    "document_labels": "data_recipes.steps.document_labels",
    "embedding_dedup": "data_recipes.steps.embedding_dedup",
    "exact_dedup": "data_recipes.steps.exact_dedup",
    "guess_audit": "data_recipes.steps.guess_audit",
    "image_dedup": "data_recipes.steps.image_dedup",
    "image_rules": "data_recipes.steps.image_rules",
    "image_text": "data_recipes.steps.image_text",
    "interleaved": "data_recipes.steps.interleaved",
    "label_suspicion": "data_recipes.steps.label_suspicion",
    "language": "data_recipes.steps.language",
    "legibility": "data_recipes.steps.legibility",
    "llm_quality": "data_recipes.steps.llm_quality",
    "near_dup": "data_recipes.steps.near_dup",
    "preference": "data_recipes.steps.preference",
    "quality": "data_recipes.steps.quality",
    "question_type": "data_recipes.steps.question_type",
    "recall": "data_recipes.steps.recall",
    "rejection": "data_recipes.steps.rejection",
    "round_trip": "data_recipes.steps.round_trip",
    "tagging": "data_recipes.steps.tagging",
    "text_rules": "data_recipes.steps.text_rules",
}


def step_names() -> list[str]:
    return sorted(STEPS)


def step_class(name: str) -> type[Step]:
    """UserError with the nearest name when there is none."""
    if name not in STEPS:
        near = difflib.get_close_matches(name, STEPS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(step_names())}"
        raise UserError(f"no step is called {name!r}; {hint}")
    module = importlib.import_module(STEPS[name])
    for found in vars(module).values():
        if (
            isinstance(found, type)
            and issubclass(found, Step)
            and getattr(found, "use", None) == name
            and found.__module__ == module.__name__
        ):
            return found
    raise AssertionError(f"{module.__name__} defines no step called {name}")


def make_step(name: str, options: Mapping[str, Any]) -> Step:
    """The step with its parameters; UserError naming the nearest key for an unknown one."""
    kind = step_class(name)
    try:
        return kind.model_validate(dict(options))
    except ValidationError as error:
        raise UserError("; ".join(_explain(kind, name, item) for item in error.errors())) from None


def _explain(kind: type[Step], name: str, item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, kind.model_fields, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(kind.model_fields) or 'no parameters'}"
        return f"step {name}: unknown key {key!r}; {hint}"
    if item["type"] == "missing":
        return f"step {name}: key {key!r} is required"
    return f"step {name}: key {key!r}: {item['msg']} (got {item['input']!r})"
