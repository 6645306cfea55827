r"""Labelled lists in a text: "(A) 3 (B) 4 (C) 5", "a) … b) …", "① … ②", "\textbf{(A)}\ 3\qquad\textbf{(B)}\ 4".

A list is a run of labels of one style in alphabetical or numerical order from the first on. "(a)" that appears
once, or "1 2 3 4" among numbers, is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Labels(StrEnum):
    UPPER = "upper"
    LOWER = "lower"
    DIGITS = "digits"
    ROMAN = "roman"
    CIRCLED = "circled"


_IN_ORDER: dict[Labels, Sequence[str]] = {
    Labels.UPPER: "ABCDEFGHIJ",
    Labels.LOWER: "abcdefghij",
    Labels.DIGITS: "123456789",
    Labels.ROMAN: ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii"),
    Labels.CIRCLED: "①②③④⑤⑥⑦⑧⑨",
}
_CLASS = {Labels.UPPER: "[A-J]", Labels.LOWER: "[a-j]", Labels.DIGITS: "[1-9]", Labels.ROMAN: "viii|vii|vi|iv|v|iii|ii|i"}

# Before a label stands a border, not a word or a closing bracket: "f(1)", "point P(A)", "x^{(1)}" are no labels.
_BEFORE = r"(?:(?<![\w)\]}^'’\\.-])|(?=\\(?:textbf|text|mathrm|mathbf)\s*\{))"
_WRAP = r"(?:\$*\\(?:textbf|text|mathrm|mathbf|rm|bf)\s*\{\s*|\{\s*\\(?:bf|rm)\s*|\*\*)?"
_CLOSE = r"(?:\}|\*\*)?"
_CJK = "\u3400-\u9fff"


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    start: int  # of the label
    after: int  # first character after the label
    end: int  # where the next label starts; the end of the text for the last


@dataclass(frozen=True, slots=True)
class LabelledList:
    labels: Labels
    style: str  # "(A)", "A)" or "A."
    items: tuple[Item, ...]

    @property
    def start(self) -> int:
        return self.items[0].start

    def contents(self, text: str) -> list[str]:
        return [text[item.after : item.end] for item in self.items]


def _patterns(labels: Labels) -> list[tuple[str, re.Pattern[str]]]:
    if labels is Labels.CIRCLED:
        return [("①", re.compile("(?P<label>[①-⑨])"))]
    one = f"(?P<label>{_CLASS[labels]})"
    dotted = rf"{_BEFORE}{_WRAP}{one}{_CLOSE}\s?(?:[.．:](?=[\s$\\{_CJK}])|[、：]){_CLOSE}"
    return [
        ("(A)", re.compile(rf"{_BEFORE}{_WRAP}[(（]\s?{one}\s?[)）]{_CLOSE}")),
        # "a ) 3 , b ) 4": sets that were split into tokens (MathQA) have a space there
        ("A)", re.compile(rf"{_BEFORE}(?<![(（])(?<![(（]\s){_WRAP}{one}{_CLOSE}\s?[)）]{_CLOSE}")),
        ("A.", re.compile(dotted)),
    ]


_CODE = re.compile(
    r"\[asy\].*?\[/asy\]|\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}|```.*?(?:```|$)|<svg\b.*?</svg>", re.DOTALL | re.IGNORECASE
)
_PATTERNS = {labels: _patterns(labels) for labels in Labels}


def labelled_lists(text: str, labels: Labels) -> list[LabelledList]:
    """Runs of at least two labels in order, in the order of the text. A repeated first label starts a new run.

    Drawing and program code is passed over: "graf[1], graf[2]" is no list.
    """
    text = _CODE.sub(lambda match: " " * len(match[0]), text)
    found: list[LabelledList] = []
    order = _IN_ORDER[labels]
    for style, pattern in _PATTERNS[labels]:
        run: list[re.Match[str]] = []
        runs = [run]
        for match in pattern.finditer(text):
            if len(run) < len(order) and match["label"] == order[len(run)]:
                run.append(match)
            elif match["label"] == order[0]:
                run = [match]
                runs.append(run)
        for run in runs:
            if len(run) >= 2:
                ends = [match.start() for match in run[1:]] + [len(text)]
                items = tuple(Item(match["label"], match.start(), match.end(), end) for match, end in zip(run, ends, strict=True))
                found.append(LabelledList(labels, style, items))
    return sorted(found, key=lambda run: run.start)


def begins_line(text: str, at: int) -> bool:
    """Nothing but space before it on its line."""
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()
