"""Resolution and aspect rules for pictures (K78): sides, proportions, pixels, film, format and colour mode.

Only headers are read. Defaults are those of OBELICS (Laurençon et al. 2023: sides of 150 to 20,000 pixels, at most 30
pictures, JPEG, PNG or WebP) and DataComp (Gadre et al. 2023: proportions of at most 3; it asks for sides of 200 pixels,
OBELICS for proportions of at most 2). A row with several pictures is measured by its worst one, which the evidence names.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from PIL import Image, UnidentifiedImageError
from pydantic import Field

from data_recipes.row import Row, Shard
from data_recipes.steps.base import Measure, Measures, RowStep
from openk15.errors import UserError

BUCKETS = (("low", 256 * 256), ("medium", 512 * 512), ("high", 1024 * 1024))  # at most so many pixels; more is "very high"


@dataclass(frozen=True)
class Header:
    name: str  # digest of the picture
    width: int
    height: int
    format: str
    mode: str
    frames: int


def header_of(name: str, data: bytes, where: str) -> Header:
    """What the file says of itself; UserError naming `where` if it is no picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
        return Header(name, image.width, image.height, (image.format or "unknown").lower(), image.mode, int(getattr(image, "n_frames", 1)))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{where}: not a picture that can be measured ({' '.join(str(error).split())[:120]})") from None


def bucket_of(pixels: int) -> str:
    return next((name for name, most in BUCKETS if pixels <= most), "very high")


class ImageRules(RowStep):
    use: ClassVar[str] = "image_rules"
    measured: ClassVar[Mapping[str, str]] = {
        "count": "pictures of the row",
        "least_side": "shortest side of all pictures, in pixels",
        "greatest_side": "longest side of all pictures, in pixels",
        "aspect": "long side over short side, the greatest of all pictures",
        "pixels": "pixels of the smallest picture",
        "bucket": "resolution of the largest picture: low, medium, high (up to 256², 512², 1024² pixels) or very high",
        "animated": "a picture has several frames",
        "format": "file format; several are joined by +",
        "mode": "colour mode as stored (RGB, L, RGBA, P, ...); several are joined by +",
        "fits": "true when every rule is kept. Evidence: the rules that are not, with value, threshold and picture",
    }

    min_side: int = Field(default=150, ge=1, description="OBELICS 150, DataComp 200")
    max_side: int = Field(default=20_000, ge=1, description="OBELICS 20,000")
    max_aspect: float = Field(default=3.0, ge=1.0, description="DataComp 3, OBELICS 2")
    min_pixels: int = Field(default=1, ge=1)
    max_pixels: int = Field(default=64_000_000, ge=1, description="what `decode_image` takes")
    max_count: int = Field(default=30, ge=1, description="OBELICS 30")
    formats: tuple[str, ...] = Field(default=("jpeg", "png", "webp"), description="OBELICS")
    animated: bool = Field(default=False, description="whether a film is a picture")

    def measure(self, shard: Shard) -> list[Measures]:
        return [self._row(row, shard.images) for row in shard.rows]

    def _row(self, row: Row, images: Mapping[str, bytes]) -> Measures:
        names = list(dict.fromkeys(row.problem.images))
        if not names:
            return {name: {"value": 0 if name == "count" else None} for name in self.measured}
        headers = [header_of(name, images[name], f"row {row.key}, picture {name[:12]}") for name in names]
        short = min(headers, key=lambda header: min(header.width, header.height))
        long = max(headers, key=lambda header: max(header.width, header.height))
        flat = max(headers, key=_aspect)
        small = min(headers, key=lambda header: header.width * header.height)
        large = max(headers, key=lambda header: header.width * header.height)
        film = max(headers, key=lambda header: header.frames)
        count = len(row.problem.images)
        measures: Measures = {
            "count": {"value": count, "threshold": self.max_count},
            "least_side": {"value": min(short.width, short.height), "threshold": self.min_side, "picture": short.name},
            "greatest_side": {"value": max(long.width, long.height), "threshold": self.max_side, "picture": long.name},
            "aspect": {"value": round(_aspect(flat), 4), "threshold": self.max_aspect, "picture": flat.name},
            "pixels": {"value": small.width * small.height, "threshold": self.min_pixels, "picture": small.name},
            "bucket": {"value": bucket_of(large.width * large.height), "picture": large.name, "pixels": large.width * large.height},
            "animated": {"value": film.frames > 1, "frames": film.frames, "picture": film.name},
            "format": {"value": "+".join(sorted({header.format for header in headers})), "threshold": list(self.formats)},
            "mode": {"value": "+".join(sorted({header.mode for header in headers}))},
        }
        broken = [name for name, broke in self._broken(measures, headers).items() if broke]
        measures["fits"] = {"value": not broken, "broken": {name: measures[name] for name in broken}}
        return measures

    def _broken(self, measures: Mapping[str, Measure], headers: list[Header]) -> dict[str, bool]:
        value: dict[str, Any] = {name: measure["value"] for name, measure in measures.items()}
        return {
            "count": value["count"] > self.max_count,
            "least_side": value["least_side"] < self.min_side,
            "greatest_side": value["greatest_side"] > self.max_side,
            "aspect": value["aspect"] > self.max_aspect,
            "pixels": value["pixels"] < self.min_pixels or max(header.width * header.height for header in headers) > self.max_pixels,
            "animated": value["animated"] and not self.animated,
            "format": any(header.format not in self.formats for header in headers),
        }


def _aspect(header: Header) -> float:
    return max(header.width, header.height) / max(1, min(header.width, header.height))
