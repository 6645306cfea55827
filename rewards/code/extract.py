"""The program in a model's response: texts that may be it, best first. Nothing is parsed as code or run here.

The rules, in order:

1. Only what stands after the thoughts counts.
2. A fenced block is suitable when its tag names the language; blocks without a tag are suitable only when no block has
   a fitting tag; blocks of another language never are. Empty blocks are passed over.
3. The last suitable block is the program, unless it does not parse or does not define what the tests call and an
   earlier one does (a usage example after the program is common).
4. A fence closes at the first line that holds a fence of the same sign, at least as long and with no tag. A block that
   does not parse as it stands is tried again up to each later closing fence: a docstring may hold a fence of its own.
   A block that is never closed runs to the end.
5. Without any block the whole text is the program if it parses and does more than name a value (Python), or has the
   language's unmistakable words in it (others).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rewards.extract import after_thoughts

MAX_PROGRAM = 256 * 1024  # characters
MAX_CANDIDATES = 24
MAX_ENDS = 8  # closing fences that a block is tried up to
_FENCE = re.compile(r"^[ \t]*(?:>[ \t]*)?(`{3,}|~{3,})[ \t]*([^\n`]*?)[ \t]*\r?$")


@dataclass(frozen=True, slots=True)
class Block:
    tag: str  # first word after the fence, lower case
    texts: tuple[str, ...]  # up to the first closing fence, then up to each later one


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a Markdown text, in order; what a block may hold if its first closing fence is not its last."""
    rows = text.split("\n")
    fences = {row: match for row, text_row in enumerate(rows) if (match := _FENCE.match(text_row))}
    order = list(fences)
    found: list[Block] = []
    at = 0  # the next fence to look at
    while at < len(order):
        start = order[at]
        fence, tag = fences[start].group(1), fences[start].group(2)
        indent = len(rows[start]) - len(rows[start].lstrip(" \t"))
        closing = (next_at for next_at in range(at + 1, len(order)) if _closes(fences[order[next_at]], fence))
        ends = list(itertools.islice(closing, MAX_ENDS))
        stops = [order[end] for end in ends] or [len(rows)]
        found.append(Block(_tag(tag), tuple("\n".join(_dedent(row, indent) for row in rows[start + 1 : stop]) for stop in stops)))
        at = ends[0] + 1 if ends else len(order)
    return found


def _closes(match: re.Match[str], fence: str) -> bool:
    return not match.group(2) and match.group(1)[0] == fence[0] and len(match.group(1)) >= len(fence)


def _dedent(row: str, indent: int) -> str:
    """A fence inside a list item is indented, and its content as far."""
    blank = len(row) - len(row.lstrip(" \t"))
    return row[min(indent, blank) :].removesuffix("\r")


def _tag(info: str) -> str:
    words = info.strip().strip("{}").lower().split()
    return words[0].lstrip(".").partition(":")[0] if words else ""


class Origin(StrEnum):
    """Where the candidates come from."""

    TAGGED = "tagged"  # blocks of this language
    UNTAGGED = "untagged"  # blocks without a tag
    RAW = "raw"  # the whole text


def candidates(response: str, tags: frozenset[str]) -> tuple[list[str], Origin]:
    """Texts that may be the program, best first, none when there is none.

    `tags` are the names a fence may give the language.
    """
    text = after_thoughts(response)
    if text is None or not text.strip():
        return [], Origin.RAW
    every = blocks(text)
    if not every:
        return ([text.strip("\n")] if len(text) <= MAX_PROGRAM else []), Origin.RAW
    filled = [block for block in every if any(part.strip() for part in block.texts)]
    suitable, origin = [block for block in filled if block.tag in tags], Origin.TAGGED
    if not suitable:
        suitable, origin = [block for block in filled if not block.tag], Origin.UNTAGGED
    texts: list[str] = []
    for block in reversed(suitable):
        texts += [part for part in block.texts if part.strip() and len(part) <= MAX_PROGRAM and part not in texts]
    return texts[:MAX_CANDIDATES], origin


def choose(texts: Sequence[str], facts: Sequence[Mapping[str, object]], entry: str | None, origin: Origin) -> str | None:
    """The program among `texts`, given what `child.sift` found of each; None when there is none."""
    wanted = (entry or "").partition(".")[0]
    real = [(text, fact) for text, fact in zip(texts, facts, strict=True) if fact.get("parses") and fact.get("real")]
    for text, fact in real:
        defines = fact.get("defines")
        if wanted and isinstance(defines, list) and (wanted in defines or "Solution" in defines):
            return text
    if real:
        return real[0][0]
    # A block that says it is a program and is not one fails as it stands, and the verdict says how.
    return texts[0] if origin is Origin.TAGGED else None


def looks_like(text: str, language: str) -> bool:
    """Does it hold words that only a program in `language` has?"""
    from rewards.code.languages import TOOLCHAINS

    return any(chain.raw and re.search(chain.raw, text) for chain in TOOLCHAINS if chain.language == language)
