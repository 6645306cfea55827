"""Augmentation of rendered pictures (K80), after SynthDoG (Kim et al. 2022): turned, tilted, shaded, tinted, blurred, noisy, JPEG.

Pure functions of (picture, random numbers, severity in [0, 1]) -> picture. What the picture says does not change, so
neither does its answer. Severity 0 returns the picture as it is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

MOST_DEGREES = 7.0
MOST_TILT = 0.07  # of the side, for each corner
MOST_BLUR = 1.1  # pixels
MOST_NOISE = 16.0  # standard deviation, of 255
WORST_JPEG = 28  # quality
Effect = Callable[[Image.Image, np.random.Generator, float], Image.Image]


def _ground(image: Image.Image) -> tuple[int, int, int]:
    """The colour of the corners: what lies around the page."""
    pixels = np.asarray(image.convert("RGB"))
    red, green, blue = (int(value) for value in np.median(pixels[[0, 0, -1, -1], [0, -1, 0, -1]], axis=0))
    return red, green, blue


def rotate(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    """The page grows so that nothing is cut off."""
    degrees = float(random.uniform(-1, 1)) * MOST_DEGREES * severity
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=_ground(image))


def perspective(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    """Every corner moves inwards on a page with a margin, so that nothing is cut off."""
    width, height = image.size
    reach = MOST_TILT * severity
    moved = random.uniform(0, reach, size=(4, 2)) * (width, height)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    coefficients = _homography(corners + moved * inwards, corners)
    return image.transform(image.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=_ground(image))


def _homography(to: np.ndarray, source: np.ndarray) -> list[float]:
    """Pillow's eight numbers: for a place in the result, where it comes from."""
    rows, right = [], []
    for (x, y), (u, v) in zip(to, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(value) for value in np.round(np.linalg.solve(np.array(rows), np.array(right)), 9)]


def shadow(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    """One soft shadow across the page."""
    width, height = image.size
    turn = float(random.uniform(0, 2 * np.pi))
    across = np.cos(turn) * np.linspace(-1, 1, width)[None, :] + np.sin(turn) * np.linspace(-1, 1, height)[:, None]
    dark = 1 / (1 + np.exp(-(across - float(random.uniform(-0.5, 0.5))) * float(random.uniform(3, 12))))
    pixels = np.asarray(image.convert("RGB"), dtype=np.float64) * (1 - 0.5 * severity * dark)[..., None]
    return Image.fromarray(np.rint(pixels).clip(0, 255).astype(np.uint8))


def colour(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    """Tint, brightness and contrast."""
    tint = 1 + random.uniform(-0.16, 0.06, size=3) * severity
    pixels = np.rint(np.asarray(image.convert("RGB"), dtype=np.float64) * tint).clip(0, 255).astype(np.uint8)
    bright = ImageEnhance.Brightness(Image.fromarray(pixels)).enhance(1 - 0.25 * severity * float(random.random()))
    return ImageEnhance.Contrast(bright).enhance(1 - 0.35 * severity * float(random.random()))


def blur(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(MOST_BLUR * severity * float(random.uniform(0.5, 1))))


def noise(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    pixels = np.asarray(image.convert("RGB"), dtype=np.float64)
    grain = random.normal(0, MOST_NOISE * severity * float(random.uniform(0.4, 1)), size=pixels.shape)
    return Image.fromarray(np.rint(pixels + grain).clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, random: np.random.Generator, severity: float) -> Image.Image:
    """Through a JPEG file and back."""
    buffer = io.BytesIO()
    quality = round(95 - (95 - WORST_JPEG) * severity * float(random.uniform(0.5, 1)))
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


# In the order in which a camera meets them.
EFFECTS: dict[str, Effect] = {
    "rotate": rotate,
    "perspective": perspective,
    "shadow": shadow,
    "colour": colour,
    "blur": blur,
    "noise": noise,
    "jpeg": jpeg,
}


def augmented(
    image: Image.Image, random: np.random.Generator, severity: float, effects: Sequence[str] = tuple(EFFECTS)
) -> tuple[Image.Image, tuple[str, ...]]:
    """The picture after two to four of `effects`, and their names in order. ValueError for a severity outside [0, 1]."""
    if not 0.0 <= severity <= 1.0:
        raise ValueError(f"severity {severity} is outside [0, 1]")
    if severity == 0.0 or not effects:
        return image, ()
    count = min(len(effects), int(random.integers(2, 5)))
    chosen = {effects[int(at)] for at in random.permutation(len(effects))[:count]}
    names = tuple(name for name in EFFECTS if name in chosen)
    for name in names:
        image = EFFECTS[name](image, random, severity)
    return image, names
