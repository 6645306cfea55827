"""Perceptual hash of a picture on white: 64 bits of the low frequencies of its 32 x 32 grey version (as ImageHash's `phash`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image

from multimodal.images import decode_image

SIDE, KEPT = 32, 8


def phash(data: bytes, where: str = "image") -> int:
    """Of an encoded picture; transparency shows white. UserError naming `where` if it is no picture."""
    return phash_image(decode_image(data, where))


def phash_image(image: Image.Image) -> int:
    from scipy.fft import dct

    grey = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS), dtype=np.float64)
    low = np.asarray(dct(dct(grey, axis=0), axis=1))[:KEPT, :KEPT]
    # rounded: a flat picture's coefficients are zero up to the last bit, and that bit must not decide
    low = np.round(low, 6)
    bits = (low > np.median(low)).ravel()
    return int(np.packbits(bits).view(">u8")[0])


def distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Number of bits in which uint64 hashes differ; the arrays broadcast."""
    return np.bitwise_count(left ^ right).astype(np.int64)


def near_pairs(hashes: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(left, right, distance) of all pairs of *distinct* uint64 hashes at most `most` bits apart.

    Two such hashes agree in at least one of `most` + 1 pieces, so only hashes that share a piece are compared.
    """
    found: list[tuple[np.ndarray, np.ndarray]] = []
    cuts = np.linspace(0, 64, most + 2).astype(int)
    for low, high in pairwise(cuts):
        piece = (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(piece, kind="stable")
        ordered = piece[order]
        start = np.flatnonzero(ordered[1:] == ordered[:-1])
        apart = 1
        while len(start):
            left, right = order[start], order[start + apart]
            close = distance(hashes[left], hashes[right]) <= most
            found.append((left[close], right[close]))
            apart += 1
            start = start[start + apart < len(ordered)]
            start = start[ordered[start] == ordered[start + apart]]
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    left, right = (np.concatenate(side) for side in zip(*found, strict=True))
    pairs = np.unique(np.stack([np.minimum(left, right), np.maximum(left, right)], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1], distance(hashes[pairs[:, 0]], hashes[pairs[:, 1]])
