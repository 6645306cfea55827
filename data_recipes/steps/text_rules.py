"""The rule-based part of the text filter (Appendix B.1, K65): every rule measured by itself, with its bounds and evidence.

A rule's measure says `passes`; `failed` counts the rules that do not. Nothing is dropped here. The bounds are those of
Gopher, C4, FineWeb and OBELICS where those have the rule, and ours where `source` says "ours".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from pydantic import model_validator

from data_recipes.row import Row
from data_recipes.steps.base import Measure, Measures
from data_recipes.text import marks, stats
from data_recipes.text.found import Found, Part, TextStep, text_of

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """`value` of a text (a number, or what was found, which is counted); passes within [low, high]."""

    value: Callable[[str], float | Sequence[Found] | None]
    low: float | None
    high: float | None
    source: str
    says: str


RULES: Mapping[str, Rule] = {
    "words": Rule(stats.word_count, 50, 100_000, "Gopher", "words; a CJK character counts as one"),
    "mean_word_length": Rule(stats.mean_word_length, 3, 10, "Gopher", "letters per word, without CJK"),
    "symbol_word_ratio": Rule(stats.symbol_word_ratio, None, 0.1, "Gopher", "hash signs and ellipses per word"),
    "alphabetic_share": Rule(stats.alphabetic_share, 0.8, None, "Gopher", "tokens with at least one letter"),
    "stop_words": Rule(stats.stop_words, 2, None, "Gopher", "different function words"),
    "bullet_lines": Rule(stats.bullet_lines, None, 0.9, "Gopher", "lines that begin with a bullet"),
    "ellipsis_lines": Rule(stats.ellipsis_lines, None, 0.3, "Gopher", "lines that end in an ellipsis"),
    "duplicate_lines": Rule(stats.duplicate_lines, None, 0.3, "Gopher", "lines that have appeared before"),
    "duplicate_line_characters": Rule(stats.duplicate_line_characters, None, 0.2, "Gopher", "characters in repeated lines"),
    "duplicate_paragraphs": Rule(stats.duplicate_paragraphs, None, 0.3, "Gopher", "paragraphs that have appeared before"),
    **{
        f"top_{n}gram": Rule(partial(stats.top_ngram, n=n), None, high, "Gopher", f"characters in the most frequent {n}-gram of words")
        for n, high in ((2, 0.2), (3, 0.18), (4, 0.16))
    },
    **{
        f"duplicate_{n}grams": Rule(
            partial(stats.duplicate_ngrams, n=n), None, high, "Gopher", f"characters in repeated {n}-grams of words"
        )
        for n, high in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.1))
    },
    "terminal_lines": Rule(stats.terminal_lines, 0.12, None, "FineWeb after C4", "lines that end like a sentence"),
    "short_lines": Rule(stats.short_lines, None, 0.67, "FineWeb", "lines of at most 30 characters (15 with CJK)"),
    "special_share": Rule(stats.special_share, None, 0.275, "OBELICS", "characters that are neither letters nor digits"),
    "character_repetition": Rule(stats.character_repetition, None, 0.1, "OBELICS", "most repeated character 10-grams"),
    "upper_share": Rule(stats.upper_share, None, 0.4, "ours", "letters in capitals"),
    "longest_run": Rule(stats.longest_run, None, 30, "ours", "longest run of one character"),
    "spam": Rule(marks.spam, None, 1, "ours", "spam marks"),
    "furniture": Rule(marks.furniture, None, 2, "ours, after C4", "marks of a web page around its text"),
    "machine_translation": Rule(marks.machine_translation, None, 0, "ours", "marks that a machine translation left"),
    "odd_formatting": Rule(marks.odd_formatting, None, 0, "ours", "broken characters and layouts"),
    "mojibake": Rule(marks.mojibake, None, 0, "ftfy", "places that look wrongly decoded"),
}


class TextRules(TextStep):
    use: ClassVar[str] = "text_rules"
    code: ClassVar[Sequence[str]] = ("data_recipes.text.stats", "data_recipes.text.marks")
    measured: ClassVar[Mapping[str, str]] = {
        **{name: f"{rule.says} ({rule.source})" for name, rule in RULES.items()},
        "failed": "number of rules whose value is outside its bounds",
        "passed_share": "share of the rules with a value that are within their bounds, in [0, 1]",
    }

    of: Part = Part.PROMPT
    bounds: Mapping[str, Bounds] = {}  # rule -> (low, high), in place of the default
    skip: tuple[str, ...] = ()  # rules that are measured, but do not count in `failed` and `passed_share`

    @model_validator(mode="after")
    def _known_rules(self) -> TextRules:
        for name in (*self.bounds, *self.skip):
            if name not in RULES:
                raise ValueError(f"no rule is called {name!r}; known: {', '.join(RULES)}")
        for name, (low, high) in self.bounds.items():
            if low is not None and high is not None and low > high:
                raise ValueError(f"bounds of {name}: low {low} is above high {high}")
        return self

    def measure_row(self, row: Row) -> Measures:
        text = text_of(row, self.of)
        found = {name: judge(rule, text, self.bounds.get(name)) for name, rule in RULES.items()}
        counted = {name: measure for name, measure in found.items() if name not in self.skip and measure["value"] is not None}
        failed = [name for name, measure in counted.items() if not measure["passes"]]
        share = round(1 - len(failed) / len(counted), 4) if counted and text.strip() else None
        return {**found, "failed": {"value": len(failed), "rules": failed}, "passed_share": {"value": share, "rules": len(counted)}}


def judge(rule: Rule, text: str, bounds: Bounds | None = None) -> Measure:
    """A rule's measure of a text: value, bounds, `passes` (true where there is nothing to measure), first matches."""
    low, high = bounds or (rule.low, rule.high)
    value = rule.value(text)
    shown: Measure = {}
    if value is not None and not isinstance(value, (int, float)):
        shown = {"found": [hit.evidence() for hit in value[:3]]} if value else {}
        value = len(value)
    passes = value is None or not ((low is not None and value < low) or (high is not None and value > high))
    return {"value": value, "low": low, "high": high, "passes": passes, **shown}
