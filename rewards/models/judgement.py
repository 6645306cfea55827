r"""A judge's text -> its verdict, or why it has none. Strict, linear in the text's length, never an exception.

    "18 and 18 are equal. {"correct": true}"   ->  true

Read is the text after the judge's own thoughts. It must end with exactly `{"correct": true}` or
`{"correct": false}` (JSON blanks and one closing code fence aside). Malformed, and so never a reward: no such
object, text after it, another type or spelling (`True`, `"true"`, 1), further keys, an object around it, an earlier
verdict that says otherwise, a judge that was cut before it ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.extract import after_thoughts

_LAST = re.compile(r'\{[ \t\r\n]*"correct"[ \t\r\n]*:[ \t\r\n]*(true|false)[ \t\r\n]*\}[ \t\r\n]*(?:```[ \t\r\n]*)?\Z')
_ANY = re.compile(r"""["']correct["'][ \t\r\n]*:[ \t\r\n]*["']?(\w*)""")
_WITHIN = re.compile(r'(?:"[ \t\r\n]*:|\[)[ \t\r\n]*\Z')  # after `"key":` or `[`: part of something larger
TAIL = 400  # characters at the end in which the verdict must stand whole


@dataclass(frozen=True, slots=True)
class Judgement:
    """`correct` is None when there is no valid verdict; `fault` then says why."""

    correct: bool | None
    fault: str = ""


def read_judgement(text: str | None) -> Judgement:
    """`text` is what the judge wrote, or None if it did not end its turn: it was cut, or could not read so much."""
    if text is None:
        return Judgement(None, "the judge was cut before it ended, or could not read so much")
    said = after_thoughts(text)
    if said is None:
        return Judgement(None, "the judge's thoughts never end")
    tail = said.rstrip(" \t\r\n")[-TAIL:]
    last = _LAST.search(tail)
    if last is None:
        found = list(_ANY.finditer(tail))
        return Judgement(None, "its verdict is malformed or not at the end" if found else "it gives no JSON verdict")
    if _WITHIN.search(tail[: last.start()]):
        return Judgement(None, "its verdict stands inside another object")
    value = last.group(1)
    if any(match.group(1) != value for match in _ANY.finditer(said)):
        return Judgement(None, "it contradicts itself")
    return Judgement(value == "true")
