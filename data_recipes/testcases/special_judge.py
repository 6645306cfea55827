"""Does a statement accept more than one output, so that comparing texts would be wrong?  (K41, section 4.1)

In: the statement (English or Chinese). Out: a `Finding` with the rule and the span that decided. By sentences: what calls for
a special judge ("if there are several") does not count where the same or the next sentence settles the tie ("print the
smallest") or where it speaks of the input ("the edges are given in any order").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """`needed`: the problem leaves the funnel. `start` and `end` are character offsets of `text` in the statement."""

    needed: bool
    rule: str = ""
    text: str = ""
    start: int = 0
    end: int = 0

    def to_measure(self) -> dict[str, Any]:
        return {"value": self.needed, "rule": self.rule, "text": self.text, "span": [self.start, self.end]}


def _phrase(text: str, **parts: str) -> re.Pattern[str]:
    """A pattern in which a blank stands for any white space and <name> for a part."""
    for name, part in parts.items():
        text = text.replace(f"<{name}>", part)
    return re.compile(text.replace(" ", r"\s+"), re.IGNORECASE)


_PRINT = r"\b(?:print|output|report|write|return|give|find|construct|display)\w*"
_GOOD = r"(?:valid|correct|such|suitable|possible|optimal)"
_THING = (
    r"(?:answers?|solutions?|outputs?|ways?|pairs?|sequences?|paths?|order(?:ing)?s?|arrangements?|assignments?|plans?|strings?|routes?)"
)
_IS_FINE = r"(?:is|are|will be|may be|can be) (?:accepted|allowed|fine|ok|correct|printed|output)\b"
_SEVERAL = r"(?:several|multiple|many|more than one)"
_ANY_ORDER = r"(?P<order>in (?:any|an arbitrary|arbitrary) order)\b"
_TINY = r"(?:10\s*\^?\s*\{?\s*[-−–]\s*\d+\}?|1e-\d+|0?\.0+1)"

ANY, SEVERAL, ORDER, TOLERANCE, INTERACTIVE, JUDGE = (
    "any answer",
    "several answers",
    "any order",
    "tolerance",
    "interactive",
    "special judge",
)
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        ANY,
        _phrase(
            r"<p>(?: out| down)? any(?: one)?(?: of (?:them|these|those)\b| <good>\b| (?:\w+ )?<thing>\b|\s*[.!;]|\s*$)",
            p=_PRINT,
            good=_GOOD,
            thing=_THING,
        ),
    ),
    (ANY, _phrase(r"\b(?:any|every) (?:<good> )+<thing> <fine>", good=_GOOD, thing=_THING, fine=_IS_FINE)),
    (ANY, _phrase(r"\b(?:any|either)(?: one)? (?:of (?:them|these|those)|<thing>) <fine>", thing=_THING, fine=_IS_FINE)),
    (ANY, _phrase(r"\byou (?:may|can|are allowed to) (?:print|output|report|return) any\b")),
    (SEVERAL, _phrase(r"\bif (?:there (?:are|is|exist) )?<several> (?:\w+ ){0,2}?<thing>\b", several=_SEVERAL, thing=_THING)),
    (SEVERAL, _phrase(r"\bthere (?:are|may be|can be|might be) <several> (?:\w+ )?(?:answers?|solutions?)\b", several=_SEVERAL)),
    (ORDER, _phrase(r"<p>[^.;]{0,120}?\b<order>", p=_PRINT, order=_ANY_ORDER)),
    (ORDER, _phrase(r"\b<order>[^.;]{0,40}\b(?:is|are|will be) accepted", order=_ANY_ORDER)),
    (TOLERANCE, _phrase(r"\b(?:absolute|relative)\b[^.;]{0,30}\berror\b")),
    (TOLERANCE, _phrase(r"\berror\b[^;]{0,60}(?:exceed|less than|at most|within|up to|smaller)[^;]{0,20}<tiny>", tiny=_TINY)),
    (TOLERANCE, _phrase(r"\b(?:tolerance|precision|accuracy) (?:of|within|up to) <tiny>|\bwithin <tiny>", tiny=_TINY)),
    (TOLERANCE, _phrase(r"\bdiffers? (?:by|from)\b[^;]{0,60}<tiny>", tiny=_TINY)),
    (TOLERANCE, _phrase(r"\bas (?:precisely|accurately|exactly) as (?:possible|you can)")),
    (INTERACTIVE, _phrase(r"\bthis is an interactive\b|\binteractive (?:problem|task)\b|\bflush (?:the |your )?(?:standard )?output\b")),
    (JUDGE, _phrase(r"\bspecial\s*(?:judge|checker)\b|\b(?:a|the) checker (?:will|is|accepts)\b|\bSPJ\b")),
    (ANY, _phrase(r"(?:输出|打印)(?:其中)?(?:任意|任何|任一|随便)|任意一?[组种个]?(?:解|方案|答案)?(?:均可|都可以|即可|皆可)")),
    (SEVERAL, _phrase(r"如果?(?:有|存在)多[组种个](?:解|方案|答案|可能)")),
    (ORDER, _phrase(r"(?:任意|任何)顺序(?:输出|均可|即可)|输出顺序(?:任意|不限)")),
    (TOLERANCE, _phrase(r"(?:相对|绝对)误差|误差(?:不超过|小于|在|不大于)")),
    (INTERACTIVE, _phrase(r"交互题")),
)
# What makes the answer one again: a rule that picks among several, or asks for all of them or their number.
_SETTLES = _phrase(
    r"\b(?:lexicographical(?:ly)?|alphabetical(?:ly)?|(?:in )?(?:ascending|increasing|descending|sorted) order)\b"
    r"|\b(?:smallest|largest|least|greatest|minimum|maximum|earliest|latest|lowest|highest|shortest|longest|leftmost|rightmost|fewest)\b"
    r"|\b(?:first|last)\b|\ball of them\b|\bthem all\b|\bhow many\b|\bnumber of (?:them|such|ways|solutions)\b|\bcount\b"
    r"|字典序|最小|最大|最靠前|编号最|个数|多少"
)
# "in any order" of something that the reader is given or does, not of what is printed.
_GIVEN = _phrase(
    r"\b(?:given|listed|appear|come|arrive|input|read|perform(?:ed)?|appl(?:y|ied)|visit(?:ed)?|take|taken|do|done|use|used|choose|chosen|process(?:ed)?"
    r"|remove|removed|select|selected|merge|merged)\b[^.;]{0,60}\Z"
)
_ANY_WORD = re.compile(r"\bany\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:[^.!?;。！？；\n]|\.(?=\w))*(?:[.!?;。！？；]+|\n|\Z)")


def special_judge(statement: str) -> Finding:
    """The first sentence in which a rule holds, and that rule; `needed` is False when there is none."""
    sentences = list(_sentences(statement))
    for number, (start, sentence) in enumerate(sentences):
        following = sentences[number + 1][1] if number + 1 < len(sentences) else ""
        for name, pattern in _RULES:
            match = pattern.search(sentence)
            if match is None or _excused(name, match, sentence, following):
                continue
            return Finding(True, name, match.group().strip(), start + match.start(), start + match.start() + len(match.group().strip()))
    return Finding(False)


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """(offset, sentence). A line that ends within a sentence is joined with the next one: statements are wrapped text."""
    flat = re.sub(r"(?<=[^\n])\n(?=[^\n])", " ", text)  # one character for one: offsets stay those of `text`
    for match in _SENTENCE.finditer(flat):
        if match.group().strip():
            yield match.start(), match.group()


def _excused(rule: str, match: re.Match[str], sentence: str, following: str) -> bool:
    if rule == ORDER:
        phrase = match.groupdict().get("order")
        return phrase is not None and _GIVEN.search(sentence[: match.start("order")]) is not None
    return rule == SEVERAL and _settled(f"{sentence[match.end() :]} {following}")


def _settled(rest: str) -> bool:
    """Is one of several answers picked in what follows the phrase? "print any of the shortest" picks none."""
    picked = _SETTLES.search(rest)
    if picked is None:
        return False
    another = _ANY_WORD.search(rest)
    return another is None or picked.start() < another.start()
