"""Runs a recipe's steps over the working shards and keeps what they measured, row by row.

    run_steps(recipe, ingested, executor, cache, ...) -> Measured

Measures stay on disk (one file a step and shard); selection reads back only the values that its rules look at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_recipes.cache import StageCache
from data_recipes.executor import Executor
from data_recipes.recipe import Recipe, StepSpec
from data_recipes.row import ShardRef
from data_recipes.rules import Rule
from data_recipes.select import Candidate, decide
from data_recipes.steps.base import Context, Measures, Report
from openk15.errors import OpenK15Error, RunError
from openk15.seeds import digest

VALUES = ("bool", "int", "float", "str", "NoneType")


@dataclass
class Measured:
    """What is known of every row. `of(shard)` gives all measures of its rows by full name ("near_dup.group")."""

    shards: Sequence[ShardRef]
    cache: StageCache
    steps: list[tuple[StepSpec, str]] = field(default_factory=list)  # with the name its results are stored under
    reports: dict[str, Report] = field(default_factory=dict)

    def of(self, shard: ShardRef) -> list[Measures]:
        rows: list[Measures] = [{} for _ in range(shard.rows)]
        for spec, stored in self.steps:
            for row, found in zip(rows, self.cache.read(digest(stored, shard.digest)), strict=True):
                row.update((f"{spec.name}.{name}", measure) for name, measure in found.items())
        return rows

    def candidates(self, names: Sequence[str] | None = None) -> Iterator[Candidate]:
        """Every row with the values that rules may read: its tags, and measures (all, or `names`)."""
        for shard in self.shards:
            for row, measures in zip(shard.heads(), self.of(shard), strict=True):
                values: dict[str, Any] = {**row["tags"], "id": row["id"]}
                values.update((name, found.get("value")) for name, found in measures.items() if names is None or name in names)
                evidence = {name: {key: item for key, item in found.items() if key != "value"} for name, found in measures.items()}
                together = None if row["pair_id"] is None else f"{row['split']}:{row['pair_id']}"
                yield Candidate(row["key"], row["split"], values, evidence, together)


def check_steps(recipe: Recipe) -> None:
    """UserError for what a step needs and lacks: said before anything is drawn or measured."""
    for spec in recipe.steps:
        if spec.enabled:
            spec.step().check()


def run_steps(
    recipe: Recipe,
    shards: Sequence[ShardRef],
    executor: Executor,
    cache: StageCache,
    say: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Measure everything; steps run in the recipe's order, so a dear one can leave out what cheap ones condemn."""
    measured = Measured(shards, cache)
    for spec in recipe.steps:
        if not spec.enabled:
            measured.reports[spec.name] = Report(
                notes=["Not measured: the recipe's `if` for this step is empty. Rules that read it drop nothing."]
            )
            continue
        step = spec.step()
        say(f"step {spec.name}")
        alive = _alive_by_shard(recipe, measured)
        context = Context(executor, cache, recipe.seed, alive, measured.of)
        stored = digest("measures", spec.name, step.fingerprint(), [shard.digest for shard in shards], recipe.seed)
        try:
            output = step.run(shards, context)
            for shard, rows in zip(shards, output.measures, strict=True):
                cache.write(digest(stored, shard.digest), _checked(spec, rows))
            measured.reports[spec.name] = output.report()
        except OpenK15Error:
            raise
        except Exception as error:
            raise RunError(f"step {spec.name} failed: {type(error).__name__}: {error}") from error
        measured.steps.append((spec, stored))
    return measured


def _checked(spec: StepSpec, rows: list[Measures]) -> list[Measures]:
    """Only declared measures, only plain values: what a rule may compare."""
    declared = type(spec.step()).measured
    for measures in rows:
        for name, measure in measures.items():
            if name not in declared or type(measure.get("value")).__name__ not in VALUES:
                raise RunError(f"step {spec.name} gave {name} = {measure!r}; declared are {', '.join(declared)}, values are plain")
    return rows


def early_rules(rules: Sequence[Rule], known: Collection[str]) -> list[Rule]:
    """The rules whose outcome is sure when only `known` has been measured: what they drop now, the whole selection drops too.

    A rule that looks at one row alone is sure wherever it stands. One that compares or draws rows is so only while every rule
    before it is: an unknown rule may yet drop the row for which another would go. It also keeps its number, of which its draw depends.
    """
    sure: list[Rule] = []
    for number, rule in enumerate(rules):
        measured = all("." not in name or name in known for name in (*rule.reads, *rule.only))
        if measured and (rule.kind in ("drop", "keep") or len(sure) == number):
            sure.append(rule)
    return sure


def _alive_by_shard(recipe: Recipe, measured: Measured) -> Callable[[ShardRef], list[bool]]:
    """Which rows the rules that are sure by now would keep; worked out once, when first asked for."""
    gone: dict[str, Any] = {}
    worked_out = False

    def alive(shard: ShardRef) -> list[bool]:
        nonlocal worked_out
        if not worked_out:
            done = [spec for spec, _ in measured.steps] + [spec for spec in recipe.steps if not spec.enabled]
            known = {f"{spec.name}.{name}" for spec in done for name in spec.kind().measured}
            gone.update(decide(early_rules(recipe.select, known), list(measured.candidates()), recipe.seed))
            worked_out = True
        return [row["key"] not in gone for row in shard.heads()]

    return alive
