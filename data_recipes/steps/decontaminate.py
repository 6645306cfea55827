"""Whether a row was taken from a benchmark: every registered one, by text, by picture, and by the text in the picture.

    against: [../data]                     # see contamination/registry.py for what can stand here
    exclude: {mathvision: "its testmini pictures are what this recipe trains on; it is not reported"}

`hit` is meant to be dropped, `review` to be looked at; both name rule, benchmark, item and span. The report says how much of
copies that were planted is found, and what could not be checked.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from data_recipes.contamination.canaries import Kind, plant, recall
from data_recipes.contamination.canaries import shard as canary_shard
from data_recipes.contamination.corpus import Corpus, collect
from data_recipes.contamination.judge import Bounds
from data_recipes.contamination.look import Look, Settings
from data_recipes.contamination.pictures import reader
from data_recipes.contamination.registry import Against, Benchmark, benchmarks, questions
from data_recipes.dedup.embed import check_folder, model_files
from data_recipes.row import ShardRef
from data_recipes.steps.base import Context, Measures, Report, Step, StepOutput, code_digest
from openk15.errors import UserError
from openk15.files import sha256_file
from openk15.seeds import digest

_READING = "data_recipes.contamination.corpus"  # what the questions' record depends on


class Decontaminate(Step):
    use: ClassVar[str] = "decontaminate"
    measured: ClassVar[Mapping[str, str]] = {
        "hit": "the row holds a benchmark question or picture. Evidence: rule, benchmark, item, where, measured, threshold, span",
        "review": "no hit, but near a benchmark question: other numbers, other words, inside a longer text, a similar picture",
        "overlap": "greatest share of 13-grams that the row has in common with one benchmark text, of the shorter one's",
        "any8": "an 8-gram occurs in a benchmark text: the strictest rule, most of its finds are phrases",
        "short": "every text of the row has fewer words than an n-gram: judged whole, by spelling",
        "unread": "number of the row's pictures whose text is not known and was not read",
    }

    against: tuple[Against, ...] = Field(min_length=1, description="benchmarks, or folders of them")
    exclude: Mapping[str, str] = Field(default_factory=dict, description="benchmark -> why it is left out; said in the card")
    ngram: int = Field(default=13, ge=2)
    fraction: float = Field(default=0.5, gt=0.0, le=1.0, description="of shared n-grams from which a row is a hit")
    any_ngram: int = Field(default=8, ge=2)
    fuzz: float = Field(default=95.0, ge=90.0, le=100.0, description="least ratio of two short texts")
    fuzz_below: int = Field(default=26, ge=1, description="words below which texts are compared by spelling too")
    hit_bits: int = Field(default=2, ge=0, le=64, description="of 64: real pictures at most this far apart are the same")
    review_bits: int = Field(default=6, ge=0, le=64)
    read_pictures: bool = Field(default=True, description="read the text in pictures whose text is not known")
    model: Path | None = Field(default=None, description="folder of a sentence-embedding model for short texts; finds go to review")
    cosine: float = Field(default=0.9, gt=0.0, le=1.0)
    canaries: int = Field(default=20, ge=0, description="copies planted of each kind")

    def check(self) -> None:
        check_folder(self.use, self.model)
        self._benchmarks()

    def inputs(self) -> Sequence[Path]:
        """Question files, the pictures that their records name, and the model."""
        found: list[Path] = []
        for benchmark in self._benchmarks()[0]:
            found += benchmark.files
            if benchmark.layout.fields.image:
                found += sorted({path for question in questions(benchmark) for path in question.pictures})
        return [*found, *model_files(self.model)]

    def fingerprint(self) -> str:
        parameters = self.model_dump(mode="json", exclude={"against", "model"})
        model = [sha256_file(path) for path in model_files(self.model)]
        reads = self.read_pictures and reader() is not None  # without the library other pictures stay unread
        return digest(self.use, self.version, code_digest(type(self).__module__), parameters, self._corpus_key(), model, reads)

    def run(self, shards: Sequence[ShardRef], context: Context) -> StepOutput:
        name, key = self.fingerprint(), self._corpus_key()

        def corpus() -> Corpus:
            return Corpus.from_dict(context.cache.once(key, lambda: collect(self._benchmarks()[0], self.ngram).to_dict()))

        look = Look(self._settings(), digest(key, self.ngram, self.any_ngram, self.fuzz_below, self.fuzz), corpus)
        counts: Counter[tuple[str, ...]] = Counter()

        def measured() -> Iterator[list[Measures]]:
            for rows in context.cache.mapped(name, look, shards, context.executor):
                for row in rows:
                    counts.update(_counted(row))
                yield rows

        def report() -> Report:
            planted = context.cache.once(digest(name, "canaries", context.seed), lambda: self._planted(look, context.seed))
            return self._report(corpus(), counts, planted)

        return StepOutput(measured(), report)

    def _settings(self) -> Settings:
        bounds = Bounds(self.fraction, self.fuzz, self.hit_bits, self.review_bits, 90.0, 80.0, self.cosine)
        return Settings(self.ngram, self.any_ngram, self.fuzz_below, bounds, self.read_pictures, self.model)

    def _benchmarks(self) -> tuple[list[Benchmark], list[str]]:
        found, unknown = benchmarks(self.against)
        names = [benchmark.name for benchmark in found]
        for name in self.exclude:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                raise UserError(
                    f"step {self.use}: exclude names {name!r}, which is not among the benchmarks; "
                    + (f"did you mean {near[0]!r}?" if near else f"they are {', '.join(names)}")
                )
        kept = [benchmark for benchmark in found if benchmark.name not in self.exclude]
        if not kept:
            raise UserError(f"step {self.use}: every benchmark is excluded; leave the step out instead")
        return kept, unknown

    def _corpus_key(self) -> str:
        """Of the questions: names, layouts and contents, not where they lie."""
        parts: list[Any] = [code_digest(_READING)]
        for benchmark in self._benchmarks()[0]:
            pictures: list[str] = []
            if benchmark.layout.fields.image:
                pictures = [sha256_file(path) for path in sorted({path for asked in questions(benchmark) for path in asked.pictures})]
            files = [(path.name, sha256_file(path)) for path in benchmark.files]
            parts.append([benchmark.name, benchmark.layout.fields.model_dump(mode="json"), files, pictures])
        return digest("benchmarks", self.ngram, parts)

    def _planted(self, look: Look, seed: int) -> dict[str, Any]:
        kinds = [kind for kind in Kind if kind is not Kind.READ or (self.read_pictures and reader() is not None)]
        canaries = plant(look.index().corpus, self.canaries, seed, kinds)
        header, rows, missed = recall(canaries, look.shard(canary_shard(canaries)), list(Kind))
        return {"header": header, "rows": rows, "missed": missed}

    def _report(self, corpus: Corpus, counts: Counter[tuple[str, ...]], planted: Mapping[str, Any]) -> Report:
        header = [
            "benchmark",
            "questions",
            "short",
            "by picture alone",
            "text shared",
            "no answer",
            "pictures",
            "missing",
            "hits",
            "to review",
        ]
        rows = [[name, *astuple(tally), counts["hit", name], counts["review", name]] for name, tally in corpus.tallies.items()]
        rules = sorted({key[1:] for key in counts if key[0] == "rule"})
        tables = [
            ("Benchmarks checked against", header, rows),
            ("Rows found by rule", ["measure", "rule", "rows"], [[*rule, counts[("rule", *rule)]] for rule in rules]),
        ]
        if self.canaries:
            tables.append(("Planted copies found", planted["header"], planted["rows"]))
        return Report(tables, self._notes(corpus, counts, planted))

    def _notes(self, corpus: Corpus, counts: Counter[tuple[str, ...]], planted: Mapping[str, Any]) -> list[str]:
        tallies = corpus.tallies.values()
        short, left, missing = (sum(getattr(tally, name) for tally in tallies) for name in ("short", "by_picture", "missing"))
        notes = [f"Benchmark {name} was left out: {reason}" for name, reason in self.exclude.items()]
        notes.append(
            f"{counts['rows',]} rows; {counts['hit',]} hits, {counts['review',]} to review; "
            f"{counts['any8',]} share an {self.any_ngram}-gram with a benchmark."
        )
        notes.append(
            f"Not checked by {self.ngram}-grams: {counts['short',]} rows and {short} questions that are shorter; they are compared whole. "
            f"{left} questions are too short to tell without their picture, and {missing} pictures of benchmarks are not here."
        )
        if counts["unread",]:
            why = "reading is off" if not self.read_pictures else "rapidocr is not installed" if reader() is None else "unknown"
            notes.append(f"The text in {counts['unread',]} pictures is unknown and was not read ({why}).")
        if self.model is None:
            notes.append("Without an embedding model, rewordings of short questions are found by spelling only.")
        unknown = self._benchmarks()[1]
        if unknown:
            notes.append(f"Folders that are no registered benchmark, not checked: {', '.join(unknown)}.")
        if planted["missed"]:
            shown, more = "; ".join(planted["missed"][:8]), " …" if len(planted["missed"]) > 8 else ""
            notes.append(f"{len(planted['missed'])} planted copies were neither hit nor put to review: {shown}{more}.")
        return notes


def _counted(row: Measures) -> list[tuple[str, ...]]:
    out: list[tuple[str, ...]] = [("rows",)]
    for name in ("hit", "review"):
        found = row[name]
        if found["value"]:
            out += [(name,), (name, found["benchmark"]), ("rule", name, found["rule"])]
    out += [(name,) for name in ("any8", "short") if row[name]["value"]]
    return out + [("unread",)] * int(row["unread"]["value"])
