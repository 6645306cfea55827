"""A linear text classifier over hashed word and character n-grams, the shape of fastText's (K66, K73): one file, no pickle.

In: texts. Out: probabilities, a row per text, a column per label, rounded to 4 digits. Character n-grams carry scripts
without spaces. Hashing needs no vocabulary, so the model is its weights and nothing else.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from openk15.errors import UserError
from openk15.files import atomic_write_bytes

FORMAT = "openk15-linear-1"
MAX_CHARACTERS = 20_000  # of a text that are read: the score of a book is that of its beginning


@dataclass(frozen=True)
class Features:
    """How a text becomes a vector of unit length. Bits are log2 of the number of columns."""

    word_ngrams: int = 2
    word_bits: int = 17
    char_ngrams: tuple[int, int] = (2, 4)
    char_bits: int = 17

    @property
    def columns(self) -> int:
        return (1 << self.word_bits) + (1 << self.char_bits)

    def matrix(self, texts: Sequence[str]) -> Any:
        """Sparse [texts, columns]."""
        import scipy.sparse as sparse

        words, characters = _vectorizers(self)
        cut = [text[:MAX_CHARACTERS] for text in texts]
        return sparse.hstack([words.transform(cut), characters.transform(cut)], format="csr")


@lru_cache(maxsize=8)
def _vectorizers(features: Features) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer

    words = HashingVectorizer(n_features=1 << features.word_bits, ngram_range=(1, features.word_ngrams), token_pattern=r"(?u)\w+|[^\w\s]")
    characters = HashingVectorizer(n_features=1 << features.char_bits, analyzer="char_wb", ngram_range=features.char_ngrams)
    return words, characters


@dataclass(frozen=True)
class LinearModel:
    labels: tuple[str, ...]
    weights: np.ndarray  # float32 [labels, columns]; one row for two labels, which speaks for the second
    bias: np.ndarray  # float32 [labels] or [1]
    features: Features

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """float64 [texts, labels]; rows sum to 1 up to rounding."""
        raw = self.features.matrix(texts) @ self.weights.T.astype(np.float64) + self.bias
        each = 1.0 / (1.0 + np.exp(-np.clip(raw, -60.0, 60.0)))
        both = np.hstack([1.0 - each, each]) if len(self.labels) == 2 else each / np.maximum(each.sum(axis=1, keepdims=True), 1e-12)
        return np.round(both, 4)

    def save(self, path: Path) -> None:
        """The same model gives the same bytes: the archive's entries carry no time."""
        about = json.dumps({"format": FORMAT, "labels": list(self.labels), "features": {**vars(self.features)}}, ensure_ascii=False)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (("about.json", about.encode()), ("weights.npy", _npy(self.weights)), ("bias.npy", _npy(self.bias))):
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        atomic_write_bytes(path, out.getvalue())

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """UserError when there is no such file, or it is no model of ours."""
        if not path.is_file():
            raise UserError(f"{path}: no such model file; `data_recipes train-classifier` makes one")
        try:
            with zipfile.ZipFile(path) as archive:
                about = json.loads(archive.read("about.json"))
                weights, bias = (np.load(io.BytesIO(archive.read(name)), allow_pickle=False) for name in ("weights.npy", "bias.npy"))
            made_by = about["format"]
            features = Features(**{**about["features"], "char_ngrams": tuple(about["features"]["char_ngrams"])})
            model = cls(tuple(about["labels"]), weights, bias, features)
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise UserError(f"{path}: not a classifier of train-classifier: {' '.join(str(error).split())[:160]}") from None
        rows = 1 if len(model.labels) == 2 else len(model.labels)
        if made_by != FORMAT or weights.shape != (rows, features.columns) or bias.shape != (rows,):
            raise UserError(f"{path}: format {made_by!r} with weights {weights.shape}; expected {FORMAT!r} with {(rows, features.columns)}")
        return model


def load_once(path: Path) -> LinearModel:
    """The model, read again only when the file has changed."""
    if not path.is_file():
        return LinearModel.load(path)
    state = path.stat()
    return _load_once(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _load_once(path: Path, modified: int, size: int) -> LinearModel:
    return LinearModel.load(path)


def _npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array, dtype="<f4"), allow_pickle=False)
    return out.getvalue()
