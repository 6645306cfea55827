"""Labels of documents for the knowledge corpus (section 6.5, K74-K76): OCR quality, educational value, document type, sampling rate.

`rate` is the expected number of copies: 0 under the OCR gate, then the type's rate, raised by the educational value. The
paper finds the rates of types by isolated evaluations; `type_rates` is where their results go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from data_recipes.row import Row
from data_recipes.steps.base import Measure, Measures
from data_recipes.text import documents
from data_recipes.text.found import Part, TextStep, text_of
from data_recipes.text.linear import LinearModel, load_once
from openk15.errors import UserError

TYPES = ("exercises", "theory", "paper", "reference", "code", "conversation", "narrative", "other")


class DocumentLabels(TextStep):
    use: ClassVar[str] = "document_labels"
    code: ClassVar[Sequence[str]] = ("data_recipes.text.documents", "data_recipes.text.stats", "data_recipes.text.linear")
    measured: ClassVar[Mapping[str, str]] = {
        "ocr_quality": "1 clean to 0 unusable; null without text",
        "repeated": "characters in repeated patterns or lines, the mark of failed recognition",
        "educational": "marks of teaching, in [0, 1], or the model's probability; null under 20 words",
        "type": ", ".join(TYPES),
        "rate": "expected copies: 0 under the OCR gate, else the type's rate raised by the educational value",
    }

    of: Part = Part.PROMPT
    ocr_at_least: float = Field(default=0.7, ge=0, le=1, description="the OCR gate (K75); the paper states no number")
    educational_model: Path | None = None  # of train-classifier; its label "positive" is what teaches
    educational_weight: float = Field(default=1.0, ge=0, description="how much the rate rises from the least to the most educational")
    type_rates: Mapping[str, float] = {}  # 1 where not given

    @field_validator("type_rates")
    @classmethod
    def _known(cls, rates: Mapping[str, float]) -> Mapping[str, float]:
        for name, rate in rates.items():
            if name not in TYPES:
                raise ValueError(f"no document type is called {name!r}; known: {', '.join(TYPES)}")
            if rate < 0:
                raise ValueError(f"rate {rate} of {name} is negative")
        return rates

    def inputs(self) -> tuple[Path, ...]:
        return () if self.educational_model is None else (self.educational_model,)

    def check(self) -> None:
        if self.educational_model is not None and "positive" not in (labels := LinearModel.load(self.educational_model).labels):
            raise UserError(f"step document_labels: {self.educational_model} has no label 'positive'; it has {', '.join(labels)}")

    def measure_row(self, row: Row) -> Measures:
        text = text_of(row, self.of)
        quality, parts = documents.ocr_quality(text)
        repeats = [hit.evidence() for hit in documents.repeated_patterns(text)[:3]]
        kind, scores = documents.document_type(text)
        teaches = self._educational(text)
        gated = quality is None or quality < self.ocr_at_least
        value = teaches["value"] if teaches["value"] is not None else 0.5
        rate = 0.0 if gated else round(self.type_rates.get(kind, 1.0) * (1 + self.educational_weight * (value - 0.5)), 4)
        return {
            "ocr_quality": {"value": quality, "threshold": self.ocr_at_least, "parts": parts},
            "repeated": {"value": parts["repeated"], **({"found": repeats} if repeats else {})},
            "educational": teaches,
            "type": {"value": kind, "scores": {name: score for name, score in scores.items() if score}},
            "rate": {"value": max(0.0, rate), "because": "under the OCR gate" if gated else f"type {kind}, educational {value}"},
        }

    def _educational(self, text: str) -> Measure:
        if self.educational_model is None:
            value, counts = documents.educational_value(text)
            return {"value": value, "by": "marks", "counts": counts}
        if not text.strip():
            return {"value": None, "by": "model"}
        model = load_once(self.educational_model)
        return {"value": float(model.probabilities([text])[0][model.labels.index("positive")]), "by": "model"}
