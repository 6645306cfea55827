"""Places on the earth: latitude and longitude as people write them, and the distance between two of them. Pure functions.

    "48.8584° N, 2.2945° E"   "40°41′21″ N 74°02′40″ W"   "lat: 48.8584, lon: 2.2945"   "N 48.86, E 2.29"

`as_tuples` writes each such pair as "(48.8584, 2.2945)" where it stands, latitude first, south and west below zero; bare
tuples are left as they are and mean latitude, longitude.
"""

from __future__ import annotations

import math
import re

RADIUS = 6371.0088  # km, the mean radius of the earth (IUGG)

_NUMBER = r"\d{1,3}(?:\.\d{1,12})?"
_SIXTIETHS = r"\d{1,2}(?:\.\d{1,9})?"
_JOINT = r"\s?(?:[,;/]|and)?\s?"


def _angle(name: str) -> str:
    """Degrees, then minutes and seconds where there are any."""
    seconds = rf"(?:(?P<{name}s>{_SIXTIETHS})\s?(?:\"|″|”|''|′′)\s?)?"
    return rf"(?P<{name}d>{_NUMBER})\s?(?:°|deg(?:rees)?)?\s?(?:(?P<{name}m>{_SIXTIETHS})\s?['′’]\s?{seconds})?"


def _pair(first: str, second: str) -> re.Pattern[str]:
    """Two angles side by side, with their brackets if they have any."""
    return re.compile(rf"[(\[]?(?<![\w.]){first}{_JOINT}{second}(?![\w°])[)\]]?")


_LETTER_AFTER = _pair(_angle("a") + r"(?P<ah>[NS](?:orth|outh)?)(?!\w)", _angle("b") + r"(?P<bh>[EW](?:ast|est)?)")
_LETTER_BEFORE = _pair(r"(?P<ah>[NS])\s?" + _angle("a"), r"(?P<bh>[EW])\s?" + _angle("b"))
_NAMED = re.compile(
    rf"[{{(\[]?\s?\"?\blat(?:itude)?\b\"?\s?(?:is|of|[:=])?\s?(?P<a>[-+]?{_NUMBER})\s?°?{_JOINT}"
    rf"\"?\b(?:lon(?:g|gitude)?|lng)\b\"?\s?(?:is|of|[:=])?\s?(?P<b>[-+]?{_NUMBER})(?![\w.]*\w)\s?°?\s?[}})\]]?",
    re.IGNORECASE,
)


def as_tuples(text: str) -> str:
    """`text` (made `plain` before) with every pair of latitude and longitude as a bare tuple."""
    for pattern in (_LETTER_AFTER, _LETTER_BEFORE):
        text = pattern.sub(lambda found: f"({_signed(found, 'a')}, {_signed(found, 'b')})", text)
    return _NAMED.sub(lambda found: f"({found['a']}, {found['b']})", text)


def _signed(found: re.Match[str], which: str) -> str:
    degrees = float(found[f"{which}d"]) + float(found[f"{which}m"] or 0) / 60 + float(found[f"{which}s"] or 0) / 3600
    return f"{'-' if found[f'{which}h'][0] in 'SW' else ''}{degrees:.9f}"


def on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres along the surface between two (latitude, longitude) in degrees: haversine formula, on a sphere (0.5 % at most)."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, place)) for place in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * RADIUS * math.asin(math.sqrt(min(1.0, half)))
