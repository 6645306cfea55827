"""MinHash over word shingles, vectorised over many documents, and true Jaccard of the pairs it proposes.

A shingle is the hash of five tokens in a row (all tokens of a shorter text). `signature` of 112 minima is cut into 14
bands of 8: two documents with Jaccard J share a band with probability 1 - (1 - J**8)**14, one half at J = 0.69.
Every proposed pair is confirmed by the Jaccard of its shingle sets, so the threshold is exact; what the bands miss is not.

Shingles are 32 bits: in a pair of 100-shingle sets a chance collision has a probability of 2e-6.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash

WINDOW = 32  # buckets up to this size are compared all with all, larger ones each member with the 32 after it
BLOCK = 4096  # pairs confirmed at a time
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def mix(values: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64: every bit of the result depends on every bit of the value."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@dataclass(frozen=True)
class Grams:
    """Hashes of all windows of n tokens: `hashes[k]` begins at token `place[k]` of document `of[k]`."""

    hashes: np.ndarray  # uint64
    of: np.ndarray  # int64
    place: np.ndarray  # int64


def token_ids(documents: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """64-bit hashes of all tokens in a row, and the number of tokens of each document."""
    flat = [token for document in documents for token in document]
    table = {token: xxhash.xxh3_64_intdigest(token) for token in set(flat)}
    ids = np.fromiter(map(table.__getitem__, flat), dtype=np.uint64, count=len(flat))
    return ids, np.fromiter(map(len, documents), dtype=np.int64, count=len(documents))


def grams(ids: np.ndarray, lengths: np.ndarray, n: int) -> Grams:
    """Every window of n tokens inside one document; shorter documents have none."""
    count = max(0, len(ids) - n + 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for step in range(n):
        hashes *= _MIX
        hashes += ids[step : step + count]
    ends = np.cumsum(lengths)
    of = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)[:count]
    position = np.arange(count, dtype=np.int64)
    whole = position + n <= ends[of] if count else np.zeros(0, dtype=bool)
    of = of[whole]
    return Grams(mix(hashes[whole]), of, position[whole] - (ends - lengths)[of])


@dataclass(frozen=True)
class Sets:
    """Shingle sets of documents, each sorted, one after the other."""

    values: np.ndarray  # uint32
    sizes: np.ndarray  # int64, at least 1 each

    @property
    def starts(self) -> np.ndarray:
        return np.cumsum(self.sizes) - self.sizes

    @property
    def digests(self) -> np.ndarray:
        """uint64, equal for equal sets."""
        mixed = mix(self.values.astype(np.uint64) * _MIX + np.uint64(1))
        return mix(np.add.reduceat(mixed, self.starts)) ^ self.sizes.astype(np.uint64) if len(self.sizes) else np.zeros(0, np.uint64)


def shingle_sets(documents: Sequence[Sequence[str]], n: int, salts: np.ndarray | None = None) -> Sets:
    """The set of each document. Documents with different salts (uint64) share no shingle."""
    if not documents:
        return Sets(np.zeros(0, np.uint32), np.zeros(0, np.int64))
    padded = [document if len(document) >= n else [*document, *[""] * (n - len(document))] for document in documents]
    found = grams(*token_ids(padded), n)
    hashes = found.hashes if salts is None else mix(found.hashes ^ salts[found.of])
    keyed = np.unique((found.of.astype(np.uint64) << _HALF) | (hashes >> _HALF))
    sizes = np.bincount((keyed >> _HALF).astype(np.int64), minlength=len(documents))
    return Sets((keyed & _LOW).astype(np.uint32), sizes)


def permutations(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors (odd) and summands of x -> a x + b mod 2**32, a permutation of the 32-bit numbers."""
    random = np.random.Generator(np.random.Philox(seed))
    factors = random.integers(0, 1 << 32, size=count, dtype=np.uint32) | np.uint32(1)
    return factors, random.integers(0, 1 << 32, size=count, dtype=np.uint32)


def signatures(sets: Sets, factors: np.ndarray, summands: np.ndarray) -> np.ndarray:
    """(permutations, documents) uint32: the least permuted shingle of each set."""
    out = np.empty((len(factors), len(sets.sizes)), dtype=np.uint32)
    starts, buffer = sets.starts, np.empty_like(sets.values)
    for row, factor, summand in zip(out, factors, summands, strict=True):
        np.multiply(sets.values, factor, out=buffer)
        buffer += summand
        np.minimum.reduceat(buffer, starts, out=row)
    return out


def band_keys(signature: np.ndarray, bands: int, rows: int) -> np.ndarray:
    """(bands, documents) uint64: one key for the `rows` minima of each band."""
    keys = np.zeros((bands, signature.shape[1]), dtype=np.uint64)
    for values in signature.reshape(bands, rows, -1).transpose(1, 0, 2):
        keys = mix(keys * _MIX + values.astype(np.uint64) + np.uint64(1))
    return keys


def sharing(keys: np.ndarray, window: int = WINDOW) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of positions with equal keys, the lesser position first: neighbours among equals first, then those further apart."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    for apart in range(1, window + 1):
        if apart > 1:
            same = same[same + apart < len(ordered)]
            same = same[ordered[same] == ordered[same + apart]]
        if not len(same):
            return
        yield order[same], order[same + apart]


class SetFile:
    """Shingle sets on disk, read a few at a time."""

    def __init__(self, path: Path, sizes: np.ndarray):
        self._handle = path.open("rb")
        self._sizes = sizes
        self._starts = np.cumsum(sizes) - sizes

    def take(self, which: np.ndarray) -> np.ndarray:
        """The sets of the documents in `which`, one after the other."""
        descriptor, starts, sizes = self._handle.fileno(), self._starts[which].tolist(), self._sizes[which].tolist()
        return np.frombuffer(b"".join(os.pread(descriptor, 4 * n, 4 * at) for at, n in zip(starts, sizes, strict=True)), dtype=np.uint32)

    def jaccard(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """True Jaccard of each pair, float64."""
        parts = [self._block(left[at : at + BLOCK], right[at : at + BLOCK]) for at in range(0, len(left), BLOCK)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _block(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        pair = np.arange(len(left), dtype=np.uint64) << _HALF
        keyed = np.concatenate([np.repeat(pair, self._sizes[side]) | self.take(side).astype(np.uint64) for side in (left, right)])
        keyed.sort()
        twice = keyed[1:][keyed[1:] == keyed[:-1]]
        both = np.bincount((twice >> _HALF).astype(np.int64), minlength=len(left))
        return both / (self._sizes[left] + self._sizes[right] - both)

    def close(self) -> None:
        self._handle.close()
