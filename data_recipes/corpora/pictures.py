"""Pictures with captions: three photographs that packages ship, photographed handwriting, and drawings of simple shapes.

Captions of photographs are ours; those of handwriting follow from the labels of its collectors; those of drawings are
made with the drawing and marked as synthetic, so that their share can be capped.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from data_recipes.resolution import vary
from multimodal.images import encode_png
from openk15.seeds import derive_seed

HANDWRITING_LICENCE = "CC-BY-4.0"
OWN_LICENCE = "Apache-2.0"
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Captioned:
    name: str
    picture: bytes
    caption: str
    language: str
    licence: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Photo:
    package: str
    path: str
    licence: str
    whole: Box
    language: str
    caption: str


PHOTOS = (
    Photo("sklearn", "datasets/images/china.jpg", "CC-BY-2.0", (0, 0, 1, 1), "en",
          "A tall Chinese tower with tiers of orange and green tiled roofs rises above trees; behind it a wide lake lies in the haze."),
    Photo("sklearn", "datasets/images/china.jpg", "CC-BY-2.0", (0.14, 0.04, 0.54, 0.42), "zh",
          "楼阁的顶层：金色的宝顶，橙色的瓦片，绿色的屋檐，红色的窗棂。"),
    Photo("sklearn", "datasets/images/flower.jpg", "CC-BY-2.0", (0, 0, 1, 1), "zh",
          "一朵橙色的大丽花，花瓣层层叠叠，背景是模糊的深绿色叶子，下方还有一朵只露出一半。"),
    Photo("sklearn", "datasets/images/flower.jpg", "CC-BY-2.0", (0.28, 0.2, 0.68, 0.85), "en",
          "An orange dahlia from close by: rings of petals, small and tightly rolled around a darker heart."),
    Photo("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "public-domain", (0, 0, 1, 1), "en",
          "Grace Hopper in the dark uniform and white-topped cap of a United States Navy officer, in front of the American flag."),
    Photo("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "public-domain", (0.55, 0.7, 1, 1), "en",
          "Rows of colourful service ribbons on the breast of a dark uniform."),
    Photo("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "public-domain", (0, 0, 0.34, 0.6), "zh",
          "美国国旗的一角：深蓝底色上的白色五角星和红白相间的条纹。"),
)  # fmt: skip

COLOURS = {
    "red": ("红色", (205, 45, 45)),
    "blue": ("蓝色", (45, 85, 200)),
    "green": ("绿色", (40, 140, 70)),
    "orange": ("橙色", (230, 140, 30)),
    "purple": ("紫色", (125, 60, 160)),
}
SHAPES = {"circle": "圆形", "square": "正方形", "triangle": "三角形"}


def photographs(seed: int) -> Iterator[Captioned]:
    """Whole photographs and details of them, in varying resolution; those whose package is not installed are left out."""
    for number, photo in enumerate(PHOTOS):
        path = _shipped(photo.package, photo.path)
        if path is None:
            continue
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        left, top, right, bottom = photo.whole
        part = image.crop((round(left * image.width), round(top * image.height), round(right * image.width), round(bottom * image.height)))
        name = f"photo-{number}"
        yield Captioned(name, vary(encode_png(part), name, seed, low=400).data, photo.caption, photo.language, photo.licence, False)


def _shipped(package: str, path: str) -> Path | None:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    file = Path(next(iter(found.submodule_search_locations))) / path
    return file if file.is_file() else None


@cache
def _digits() -> tuple[Any, list[int]]:
    """(images of 8 x 8 with ink 0 to 16, labels)."""
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    return data["images"], [int(label) for label in data["target"]]


def _digit_picture(at: int) -> Image.Image:
    return Image.fromarray((255 - 15.9 * _digits()[0][at]).astype("uint8")).resize((88, 88), Image.Resampling.BICUBIC)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Digits that different people wrote, in two rows."""

    name: str
    picture: bytes
    rows: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def digits(self) -> tuple[int, ...]:
        """In reading order."""
        return (*self.rows[0], *self.rows[1])

    def caption(self, language: str) -> str:
        mark = "、" if language == "zh" else ", "
        above, below = (mark.join(map(str, row)) for row in self.rows)
        return (
            f"两行手写数字：上面是{above}，下面是{below}。"
            if language == "zh"
            else f"Two rows of handwritten digits, {above} above {below}."
        )


def sheets(count: int, seed: int, what: str = "sheet") -> Iterator[Sheet]:
    """No digit image is used twice within one call."""
    labels = _digits()[1]
    order = list(range(len(labels)))
    random.Random(derive_seed("corpora", what, seed)).shuffle(order)
    for number in range(count):
        draw = random.Random(derive_seed("corpora", what, seed, number))
        columns, paper = draw.randint(2, 3), draw.randint(225, 255)
        chosen = [order.pop() for _ in range(2 * columns)]
        sheet = Image.new("L", (96 * columns + 24, 216), paper)
        for place, at in enumerate(chosen):
            corner = (16 + 96 * (place % columns) + draw.randint(-4, 4), 16 + 96 * (place // columns) + draw.randint(-4, 4))
            sheet.paste(_digit_picture(at), corner)
        found = [labels[at] for at in chosen]
        yield Sheet(f"{what}-{number}", encode_png(sheet.convert("RGB")), (tuple(found[:columns]), tuple(found[columns:])))


def handwriting(count: int, seed: int) -> Iterator[Captioned]:
    for number, sheet in enumerate(sheets(count, seed, "caption")):
        language = "zh" if number % 3 == 2 else "en"
        yield Captioned(sheet.name, sheet.picture, sheet.caption(language), language, HANDWRITING_LICENCE, False)


@dataclass(frozen=True, slots=True)
class Thing:
    shape: str
    colour: str
    x: int
    y: int
    size: int


@dataclass(frozen=True, slots=True)
class Drawing:
    name: str
    things: tuple[Thing, ...]
    side: int

    def svg(self) -> str:
        """The code that draws it."""
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.side}" height="{self.side}">',
            '  <rect width="100%" height="100%" fill="white"/>',
        ]
        for thing in self.things:
            fill = "rgb({}, {}, {})".format(*COLOURS[thing.colour][1])
            x, y, size = thing.x, thing.y, thing.size
            if thing.shape == "circle":
                lines.append(f'  <circle cx="{x}" cy="{y}" r="{size}" fill="{fill}"/>')
            elif thing.shape == "square":
                lines.append(f'  <rect x="{x - size}" y="{y - size}" width="{2 * size}" height="{2 * size}" fill="{fill}"/>')
            else:
                lines.append(f'  <polygon points="{x},{y - size} {x - size},{y + size} {x + size},{y + size}" fill="{fill}"/>')
        return "\n".join([*lines, "</svg>"])

    def png(self) -> bytes:
        image = Image.new("RGB", (self.side, self.side), "white")
        pen = ImageDraw.Draw(image)
        for thing in self.things:
            fill = COLOURS[thing.colour][1]
            x, y, size = thing.x, thing.y, thing.size
            box = (x - size, y - size, x + size, y + size)
            if thing.shape == "circle":
                pen.ellipse(box, fill=fill)
            elif thing.shape == "square":
                pen.rectangle(box, fill=fill)
            else:
                pen.polygon([(x, y - size), (x - size, y + size), (x + size, y + size)], fill=fill)
        return encode_png(image)

    def caption(self, language: str) -> str:
        if language == "zh":
            return "白色背景上有：" + "、".join(f"一个{COLOURS[thing.colour][0]}{SHAPES[thing.shape]}" for thing in self.things) + "。"
        named = [f"{'an' if thing.colour[0] in 'aeiou' else 'a'} {thing.colour} {thing.shape}" for thing in self.things]
        listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        return f"On a white ground: {listed}."


def drawings(count: int, seed: int, what: str = "drawing") -> Iterator[Drawing]:
    """One to four shapes in the cells of a field of 3 x 3, from left to right and top to bottom."""
    for number in range(count):
        draw = random.Random(derive_seed("corpora", what, seed, number))
        cells = sorted(draw.sample(range(9), draw.randint(1, 4)))
        cell = 16 * draw.randint(4, 10)
        things = tuple(_thing(draw, at, cell) for at in cells)
        yield Drawing(f"{what}-{number}", things, 3 * cell)


def _thing(draw: random.Random, at: int, cell: int) -> Thing:
    shape, colour = draw.choice(list(SHAPES)), draw.choice(list(COLOURS))
    return Thing(shape, colour, cell * (at % 3) + cell // 2, cell * (at // 3) + cell // 2, cell * draw.randint(4, 7) // 16)


def drawn(count: int, seed: int) -> Iterator[Captioned]:
    for number, drawing in enumerate(drawings(count, seed, "captioned")):
        language = "zh" if number % 3 == 2 else "en"
        yield Captioned(drawing.name, drawing.png(), drawing.caption(language), language, OWN_LICENCE, True)


def page(text: str, width: int = 600, size: int = 18) -> bytes:
    """A paragraph as a picture, never flatter than 3 to 1; lines are kept, long ones are folded."""
    from matplotlib import get_data_path

    font = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)
    lines = [folded for line in text.splitlines() for folded in _folded(line, font, width - 40)]
    image = Image.new("RGB", (width, max(width // 3, 40 + len(lines) * (size + 8))), (252, 252, 248))
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((20, 20 + number * (size + 8)), line, font=font, fill=(20, 20, 25))
    return encode_png(image)


def _folded(line: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if current and font.getlength(longer) > room:
            lines.append(current)
            current = word
        else:
            current = longer
    return [*lines, current]
