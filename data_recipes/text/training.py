"""Training the linear text classifier from JSON-lines files, one a label, and measuring it on texts it has not seen.

Deterministic: averaged stochastic gradient descent in one thread, its order drawn with the seed. What is held out is
decided by each text's content, so equal texts never stand on both sides. The saved model is the measured one.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_recipes.text.linear import Features, LinearModel
from openk15.errors import UserError
from openk15.files import read_jsonl
from openk15.seeds import derive_seed

LEAST = 10  # texts of a label on either side, below which nothing can be said


@dataclass(frozen=True)
class TrainReport:
    """`auc` is that of the second of two labels, or the mean of each label against the rest; all numbers are on held-out texts."""

    labels: tuple[str, ...]
    trained: dict[str, int]  # texts by label
    heldout: dict[str, int]
    left_out: int  # empty texts, repetitions, and texts that stand under two labels
    accuracy: float
    auc: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        n = sum(self.heldout.values())
        return (
            f"trained on {sum(self.trained.values())} texts ({_counts(self.trained)}); on {n} held-out texts ({_counts(self.heldout)}): "
            f"AUC {self.auc:.4f}, accuracy {self.accuracy:.4f}; {self.left_out} left out (empty, repeated, or under two labels)"
        )


def train(
    positive: Path, negative: Path, out: Path, *, field: str = "text", heldout: float = 0.1, seed: int = 0, epochs: int = 10
) -> TrainReport:
    """Two labels, "negative" and "positive", from two files."""
    return train_classes({"negative": negative, "positive": positive}, out, field=field, heldout=heldout, seed=seed, epochs=epochs)


def train_classes(
    files: Mapping[str, Path], out: Path, *, field: str = "text", heldout: float = 0.1, seed: int = 0, epochs: int = 10
) -> TrainReport:
    """UserError for fewer than two labels, a missing field, or too few texts; nothing is written then."""
    texts = {label: read_texts(path, field) for label, path in files.items()}
    model, report = fit(texts, heldout=heldout, seed=seed, epochs=epochs)
    model.save(out)
    return report


def fit(
    texts: Mapping[str, Sequence[str]], *, heldout: float = 0.1, seed: int = 0, epochs: int = 10, features: Features | None = None
) -> tuple[LinearModel, TrainReport]:
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import roc_auc_score

    if len(texts) < 2:
        raise UserError(f"a classifier needs at least two labels, got {list(texts)}")
    if not 0.0 < heldout < 1.0:
        raise UserError(f"heldout {heldout}: expected a share between 0 and 1")
    features = features or Features()
    labels = tuple(texts)
    kept, left_out = _distinct(texts)
    sides: tuple[list[tuple[str, int]], list[tuple[str, int]]] = ([], [])
    for text, label in kept:
        sides[derive_seed("heldout", seed, text) % 10_000 < heldout * 10_000].append((text, label))
    counts = [{label: sum(index == at for _, at in side) for index, label in enumerate(labels)} for side in sides]
    for label in labels:
        if min(counts[0][label], counts[1][label]) < LEAST:
            raise UserError(
                f"label {label!r}: {counts[0][label]} distinct texts to train on and {counts[1][label]} held out; at least {LEAST} of "
                f"each are needed"
            )
    order = sorted(sides[0], key=lambda row: derive_seed("order", seed, row[0]))
    settings: Any = {"tol": None}  # all epochs, always: the stub knows only a number
    learner = SGDClassifier(
        loss="log_loss", alpha=1e-6, average=True, max_iter=epochs, **settings, class_weight="balanced", random_state=seed % 2**32, n_jobs=1
    )
    learner.fit(features.matrix([text for text, _ in order]), [label for _, label in order])
    model = LinearModel(labels, np.asarray(learner.coef_, np.float32), np.asarray(learner.intercept_, np.float32), features)
    truth = np.asarray([label for _, label in sides[1]])
    found = model.probabilities([text for text, _ in sides[1]])
    if len(labels) == 2:
        auc = float(roc_auc_score(truth, found[:, 1]))
    else:
        auc = sum(float(roc_auc_score(truth == index, found[:, index])) for index in range(len(labels))) / len(labels)
    accuracy = float((found.argmax(axis=1) == truth).mean())
    return model, TrainReport(labels, counts[0], counts[1], left_out, round(accuracy, 4), round(auc, 4))


def read_texts(path: Path, field: str = "text") -> list[str]:
    """UserError that names file and line for a record without the field, or with something else than text in it."""
    found: list[str] = []
    for number, row in enumerate(read_jsonl(path), 1):
        if field not in row:
            near = difflib.get_close_matches(field, row, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(row) or 'no fields'}"
            raise UserError(f"{path}: record {number} has no field {field!r}; {hint}")
        if not isinstance(row[field], str):
            raise UserError(f"{path}: record {number}: field {field!r} is {type(row[field]).__name__}, expected text")
        found.append(row[field])
    if not found:
        raise UserError(f"{path}: no records")
    return found


def _distinct(texts: Mapping[str, Sequence[str]]) -> tuple[list[tuple[str, int]], int]:
    """(text, number of its label) of every text that stands under one label only, once; and how many were left out."""
    owner: dict[str, int] = {}
    total = 0
    for index, listed in enumerate(texts.values()):
        for text in listed:
            total += 1
            if text.strip():
                owner[text] = index if owner.get(text, index) == index else -1
    kept = [(text, label) for text, label in owner.items() if label >= 0]
    return kept, total - len(kept)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {label}" for label, count in counts.items())
