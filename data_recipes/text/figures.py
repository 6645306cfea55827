r"""Does a text need a picture that is not there, or lead elsewhere?

Counter-examples that these patterns must not match: "figure out", "action figures", "a four-figure sum", "the graph
of y = x^2", "records show", "he hangs a picture above the sofa", "如图书馆"; and a figure that is in the text as code
([asy], tikz, svg) or as a table is there.
"""

from __future__ import annotations

import re

from data_recipes.text.found import Found

_I = re.IGNORECASE
_NOUN = r"(?:figures?|diagrams?|pictures?|images?|graphs?|charts?|drawings?|illustrations?|photos?|photographs?|sketch(?:es)?|maps?)"
_SHOWN = r"(?:shown|depicted|pictured|illustrated|drawn|displayed|graphed|indicated|sketched)"
_NOT_A_PLACE = r"(?!\s+(?:the|a|an|his|her|their|its|each|another|my|our|of|sea|ground|average|\d)\b)"

_SIDE = "(?:at|to|on) the (?:left|right)"
_THING = (
    r"(?:triangle|rectangle|square|circle|semicircle|hexagon|pentagon|polygon|quadrilateral|trapezoid|parallelogram|grid|cube|box|object"
    r"|die|dice|shape|solid|net|tile|path"
    r"|clock|angle|line|curve|ellipse|region|board|cog|wheel|circuit|spinner|card|building|tower|arrow|letter|piece|points?)(?:e?s)?"
)
_FIGURE = [
    ("shown in the figure", re.compile(rf"\b(?:{_SHOWN}|given|seen|see|labell?ed|marked)\s+(?:in|on|by)\s+(?:the|this|these"
                                       rf"|that)\s+(?:\w+\s+){{0,2}}{_NOUN}\b", _I)),
    ("the figure below", re.compile(rf"\b{_NOUN}\s+(?:{_SHOWN}\s+)?(?:below|above|{_SIDE}|here)\b{_NOT_A_PLACE}", _I)),
    ("shown below", re.compile(rf"\b{_SHOWN}\s+(?:below|above|here|(?:at|to|on) (?:the )?(?:left|right))\b{_NOT_A_PLACE}", _I)),
    ("as shown", re.compile(rf"\bas\s+(?:is\s+|are\s+)?{_SHOWN}\b(?!\s+(?:by|that|to)\b)", _I)),
    ("is shown", re.compile(r"\b(?:is|are)\s+(?:shown|depicted|pictured|illustrated)\s*[.:](?=\s|$)", _I)),
    ("in the diagram", re.compile(r"\b(?:in|from|on|using|see|to|of)\s+(?:the|this)\s+(?:accompanying\s+|following\s+|given\s+"
                                  r"|adjoining\s+)?(?:figure|diagram)\b", _I)),
    ("the diagram shows", re.compile(rf"\b(?:the|this|each|following)\s+{_NOUN}\s+(?:(?:below|above|beside|opposite|(?:on|to|at) the "
                                     rf"(?:left|right))\s+)?(?:shows?|represents?|depicts?|illustrates?)\b", _I)),
    ("the square shown", re.compile(rf"\b{_THING}\s+(?:shown|displayed|pictured|depicted)\b(?!\s+(?:that|to|how|by|up|off|for)\b)", _I)),
    ("Figure 1", re.compile(r"\b(?:Figure|Fig\.)\s?(?!8\b)\d+\b")),
    ("a picture's place", re.compile(r"!\[[^\]\n]*\]\([^)\s]*|\\includegraphics\b|<img\b|<image[\s_]?\d*>", _I)),
    ("如图", re.compile(r"如[下右左上]?图(?![书案片腾])|(?<!一)[下右左上]图(?![书像片])|(?<![地插拼画企意试蓝])图中|见图|图所示|图 ?\d")),
]  # fmt: skip
# A region that is shaded in the picture; not one that the text itself shades.
_SHADED = re.compile(
    r"\b(?:shaded|unshaded|gr[ea]y|dotted|dashed)\s+(?:region|area|part|portion|section|square|triangle|line)s?\b|阴影部分", _I
)
_SHADES = re.compile(
    r"\b(?:is|are|be|been|we|he|she|they|gets?)\s+(?:\w+\s+)?(?:shaded?|shades|colou?red|painted|drawn)\b|\b(?:colou?rs?"
    r"|paints?|draws?)\b|涂",
    _I,
)
# A picture that the story brings along: "a picture", "5 pictures"; then "in the picture" is about that one.
_IN_PICTURE = re.compile(
    r"\b(?:in|from|on)\s+(?:the|this|these)\s+(?:\w+\s+)?(?P<noun>picture|image|graph|chart|drawing|illustration|map"
    r"|photo)s?\b(?!\s+of\b)",
    _I,
)
_AS_CODE = re.compile(
    r"\[asy\]|\\begin\s*\{(?:tikzpicture|pspicture|asy|array|tabular)\}|<svg\b|```(?:mermaid|asy)|^\s*\|?\s*:?-{3,}:?\s*\|",
    _I | re.MULTILINE,
)
_LINK = re.compile(
    r"https?://[^\s<>)\]}\"']+|\bwww\.[\w-]+\.[a-z]{2,}[^\s<>)\]}\"']*|\\(?:url|href)\s*\{[^}]*\}"
    r"|(?<![!\\])\[[^\]\n]+(?<!\\)\]\((?:https?:|www\.|mailto:|#|\.{0,2}/)[^)\s]*\)?",
    _I,
)


def mentions_figure(text: str) -> Found | None:
    """The first phrase that points at a picture."""
    for by, pattern in _FIGURE:
        if (match := pattern.search(text)) is not None:
            return Found.at(by, text, *match.span())
    if (match := _SHADED.search(text)) is not None and not _SHADES.search(text):
        return Found.at("the shaded region", text, *match.span())
    for match in _IN_PICTURE.finditer(text):
        noun = match["noun"].lower()
        own = (
            rf"\b(?:a|an|another|each|every|one|two|three|\d+|some|his|her|their|my|of|draws?|drew|took"
            rf"|takes?)\s+(?:\w+\s+){{0,2}}{noun}s?\b|\bgraph of\b"
        )
        if not re.search(own, text[: match.start()], _I):
            return Found.at("in the picture", text, *match.span())
    return None


def figure_as_code(text: str) -> Found | None:
    match = _AS_CODE.search(text)
    return None if match is None else Found.at("figure as code", text, *match.span())


def hyperlink(text: str) -> Found | None:
    match = _LINK.search(text)
    if match is None:
        return None
    shown = match[0].rstrip(".,;:!?")
    return Found.at("link", text, match.start(), match.start() + len(shown))
