"""A recipe: sources, steps that measure, rules that select, gates that must hold. One YAML file.

name: demo
seed: 7
sources:
  - {use: handwriting, train: 6000, heldout: 172}          # other keys are the source's own options
  - {use: gsm8k, path: data/gsm8k/train.jsonl}             # no `train`: everything there is
steps:
  - question_type
  - near_dup: {jaccard: 0.7}
  - near_dup: {jaccard: 0.5}
    as: loose_dup                                          # measures are called loose_dup.group
select:
  - {drop: question_type.multiple_choice}
  - {one_per: near_dup.group}
gates: {min_rows: 500, licences: [MIT, Apache-2.0]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from data_recipes.rules import Rule
from data_recipes.sources.base import Generator, Source, get_source
from data_recipes.steps.base import Step, make_step, step_class
from openk15.config import StrictModel
from openk15.errors import UserError

OPEN_HELDOUT = 10  # of a reader without `train`, whose size is not known, `--limit` holds out at most a tenth of its share

# What our sources tag and a row's `id`: rules may name them even where no row of this build has them.
TAGS = (
    "id",
    "copy",
    "source",
    "category",
    "modality",
    "domain",
    "discipline",
    "skill",
    "grade",
    "language",
    "question_type",
    "licence",
    "template",
    "origin",
    "process",
    "augment",
    "layout",
    "style",
    "chart",
    "caption_origin",
    "url",
)


class SourceSpec(StrictModel):
    """`train` and `heldout` count problems that are kept; without `train` a reader gives all it has."""

    use: str
    train: int | None = Field(default=None, ge=0)
    heldout: int = Field(default=0, ge=0)
    bad_records: str = Field(
        default="error", pattern="^(error|drop)$", description="stop at a record that is no problem, or drop it with its reason"
    )
    fewer: bool = Field(default=False, description="less than `train` and `heldout` ask for is fine; `--limit` sets it")
    options: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _own_keys(cls, values: Any) -> Any:
        """Keys that are not ours are the source's."""
        if not isinstance(values, Mapping):
            raise ValueError(f"a source is a mapping like {{use: gsm8k, path: ...}}, got {values!r}")
        ours = {key: value for key, value in values.items() if key in cls.model_fields}
        extra = {key: value for key, value in values.items() if key not in cls.model_fields}
        return {**ours, "options": {**values.get("options", {}), **extra}}

    @model_validator(mode="after")
    def _whole(self) -> SourceSpec:
        source = self.source()
        if not isinstance(source, Generator):
            return self
        if self.train is None:
            raise ValueError(f"train is required: {self.use} is endless, say how many problems")
        size = source.problems_per_candidate
        for split, wanted in self.wanted().items():
            if (wanted or 0) % size:
                raise ValueError(f"{split}: {wanted} is no multiple of {size}; {self.use} makes {size} linked problems at a time")
        return self

    def source(self) -> Source:
        try:
            return get_source(self.use, self.options)
        except UserError as error:
            raise ValueError(str(error)) from None

    def wanted(self) -> dict[str, int | None]:
        return {"train": self.train, "heldout": self.heldout}

    def limited(self, share: float) -> SourceSpec:
        """`share` of both splits, at least one candidate of what is asked for at all, linked problems kept whole."""
        source = self.source()
        size = source.problems_per_candidate if isinstance(source, Generator) else 1
        cut = {
            split: None if wanted is None else size * min(1, wanted) * max(1, round(wanted * share / size))
            for split, wanted in self.wanted().items()
        }
        return self.model_copy(update=cut)

    def limited_to(self, most: int) -> SourceSpec:
        """At most `most` training problems of a reader that gives all it has, and held-out cut alike."""
        return self.model_copy(update={"train": most, "heldout": min(self.heldout, max(1, most // OPEN_HELDOUT))})


class StepSpec(StrictModel):
    """One step with its parameters, under the name its measures have. Without what `if` asks for it measures nothing."""

    use: str
    name: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    enabled: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """`near_dup`, `{near_dup: {jaccard: 0.7}}`; beside the latter `as: name`, and `if: value`: an empty value switches it off."""
        if isinstance(value, str):
            return {"use": value, "name": value}
        if isinstance(value, StepSpec) or (isinstance(value, Mapping) and {"use", "name"} <= set(value)):
            return value
        if isinstance(value, Mapping) and "use" in value:
            raise ValueError(f"a step is written `{value['use']}` or `{value['use']}: {{parameters}}`; `use` is for sources")
        names = [key for key in value if key not in ("as", "if")] if isinstance(value, Mapping) else []
        if len(names) != 1:
            raise ValueError(f"a step is a name or {{name: parameters}}, got {value!r}")
        options = value[names[0]] or {}
        if not isinstance(options, Mapping):
            raise ValueError(f"step {names[0]}: parameters are a mapping, got {options!r}")
        enabled = value.get("if", True) not in (None, False, "", "null", "false")
        return {"use": names[0], "name": value.get("as", names[0]), "options": options, "enabled": enabled}

    @model_validator(mode="after")
    def _known(self) -> StepSpec:
        self.kind()
        if self.enabled:
            self.step()
        return self

    def kind(self) -> type[Step]:
        try:
            return step_class(self.use)
        except UserError as error:
            raise ValueError(str(error)) from None

    def step(self) -> Step:
        try:
            return make_step(self.use, self.options)
        except UserError as error:
            raise ValueError(str(error)) from None


class Gates(StrictModel):
    """What must hold of the result, or the build stops with exit code 3 and writes nothing."""

    min_rows: int = Field(default=0, ge=0, description="training problems at least")
    quotas: Mapping[str, Mapping[str, int]] = Field(default_factory=dict, description="tag -> value -> training problems at least")
    max_share: Mapping[str, Mapping[str, float]] = Field(default_factory=dict, description="tag -> value -> share of train at most")
    none_with: tuple[str, ...] = Field(default=(), description="measures that must be false or absent in every kept row")
    licences: tuple[str, ...] | None = Field(default=None, description="allowed licences; anything else is named and refused")


class Recipe(StrictModel):
    """What `data_recipes build` builds."""

    name: str
    description: str = ""
    seed: int = 0
    scale: float = Field(default=1.0, gt=0.0, description="multiplies every count: of sources, of `take` rules and of gates")
    sources: tuple[SourceSpec, ...]
    steps: tuple[StepSpec, ...] = ()
    select: tuple[Rule, ...] = ()
    gates: Gates = Gates()
    shard_rows: int = Field(default=5000, gt=0, description="rows per parquet file")

    @field_validator("sources")
    @classmethod
    def _some(cls, sources: tuple[SourceSpec, ...]) -> tuple[SourceSpec, ...]:
        if not sources:
            raise ValueError("sources is empty; name at least one")
        return sources

    @model_validator(mode="after")
    def _sensible(self) -> Recipe:
        used = [(spec.use, repr(sorted(spec.options.items()))) for spec in self.sources]
        if len(set(used)) < len(used):
            raise ValueError(f"a source is listed twice with the same options: {', '.join(name for name, _ in used)}")
        names = [spec.name for spec in self.steps]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two steps are called {twice}; give one another name with `as:`")
        known = self.measures()
        for place, name in self._named():
            if "." in name and name not in known:
                raise ValueError(f"{place} {name!r}, which no step measures; {_near(name, known, 'measured')}")
        for name in self.gates.none_with:
            if name not in known:
                raise ValueError(f"gates.none_with names {name!r}, which no step measures; {_near(name, known, 'measured')}")
        return self

    def measures(self) -> list[str]:
        """Full names of everything that the steps measure."""
        return [f"{spec.name}.{measure}" for spec in self.steps for measure in spec.kind().measured]

    def _named(self) -> Iterator[tuple[str, str]]:
        """(where, name) of every measure (with a dot) and tag that rules, gates and steps' `only` look at."""
        for number, rule in enumerate(self.select):
            yield from ((f"select[{number}] ({rule.title}) reads", name) for name in (*rule.reads, *rule.only))
        yield from (("gates.quotas names", name) for name in self.gates.quotas)
        yield from (("gates.max_share names", name) for name in self.gates.max_share)
        for spec in self.steps:
            only = spec.options.get("only")
            yield from ((f"step {spec.name}: only names", name) for name in (only if isinstance(only, Mapping) else ()) if "." not in name)

    def check_tags(self, seen: Iterable[str]) -> None:
        """UserError with the nearest name for a tag that is none of ours and that no row has. `seen` is read only where it is needed."""
        asked = [(place, name) for place, name in self._named() if "." not in name and name not in TAGS]
        known = sorted({*TAGS, *seen}) if asked else []
        for place, name in asked:
            if name not in known:
                raise UserError(f"recipe {self.name}: {place} {name!r}, a tag that no row has; {_near(name, known, 'tags')}")

    def limited(self, limit: int) -> Recipe:
        """The same recipe with about `limit` training problems, shares kept, and held-out cut alike.

        Readers without `train` get an equal share of it. A source that has fewer gives what it has, and gates on counts are lifted: both
        are about the whole.
        """
        total = sum(spec.train or 0 for spec in self.sources)
        open_ended = [spec for spec in self.sources if spec.train is None]
        each = max(1, limit // len(self.sources))
        share = min(1.0, max(0, limit - each * len(open_ended)) / total) if total else 1.0
        cut = [spec.limited_to(each) if spec.train is None else spec.limited(share) for spec in self.sources]
        sources = tuple(spec.model_copy(update={"fewer": True}) for spec in cut)
        gates = self.gates.model_copy(update={"min_rows": 0, "quotas": {}})
        return self.model_copy(update={"sources": sources, "gates": gates})

    def scaled(self) -> Recipe:
        """Every count multiplied by `scale`, which is then 1."""
        if self.scale == 1.0:
            return self
        factor = self.scale
        whole = max(source.problems_per_candidate if isinstance(source, Generator) else 1 for source in (s.source() for s in self.sources))
        gates = self.gates.model_copy(
            update={
                "min_rows": round(self.gates.min_rows * factor),
                "quotas": {
                    tag: {value: _in_whole(round(n * factor), whole) for value, n in found.items()}
                    for tag, found in self.gates.quotas.items()
                },
            }
        )
        rules = tuple(rule if rule.take is None else rule.model_copy(update={"take": round(rule.take * factor)}) for rule in self.select)
        sources = tuple(spec.limited(factor) for spec in self.sources)
        return self.model_copy(update={"sources": sources, "select": rules, "gates": gates, "scale": 1.0})


def _in_whole(count: int, size: int) -> int:
    """The last problem of an odd count may be half of a pair, which nobody can make."""
    return count - count % size or count


def _near(name: str, known: list[str], what: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    return f"did you mean {near[0]!r}?" if near else f"{what} are: {', '.join(known) or 'nothing'}"
