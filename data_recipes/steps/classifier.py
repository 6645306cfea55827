"""Score of a trained linear text classifier (K66); with a mathematics classifier, stage 1 of the mathematics pipeline (K73).

Train one with `data_recipes train-classifier POSITIVE.jsonl NEGATIVE.jsonl -o MODEL`, or `train` below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from data_recipes.row import Shard
from data_recipes.steps.base import Measures
from data_recipes.text.found import Part, TextStep, text_of
from data_recipes.text.linear import LinearModel, load_once
from data_recipes.text.training import TrainReport, train, train_classes
from openk15.errors import UserError

__all__ = ["Classifier", "TrainReport", "train", "train_classes"]


class Classifier(TextStep):
    use: ClassVar[str] = "classifier"
    code: ClassVar[Sequence[str]] = ("data_recipes.text.linear",)
    measured: ClassVar[Mapping[str, str]] = {
        "score": "probability of `label` in [0, 1]; null for an empty text",
        "label": "the most probable label",
    }

    model: Path
    of: Part = Part.PROMPT
    label: str = "positive"

    def inputs(self) -> tuple[Path, ...]:
        return (self.model,)

    def check(self) -> None:
        model = LinearModel.load(self.model)
        if self.label not in model.labels:
            raise UserError(f"step classifier: {self.model} has no label {self.label!r}; it has {', '.join(model.labels)}")

    def measure(self, shard: Shard) -> list[Measures]:
        model = load_once(self.model)
        texts = [text_of(row, self.of) for row in shard.rows]
        chances = model.probabilities(texts)
        wanted = model.labels.index(self.label)
        out: list[Measures] = []
        for text, row in zip(texts, chances, strict=True):
            if not text.strip():
                out.append({"score": {"value": None, "because": "no text"}, "label": {"value": None}})
                continue
            out.append({"score": {"value": float(row[wanted]), "of": self.label}, "label": {"value": model.labels[int(row.argmax())]}})
        return out
