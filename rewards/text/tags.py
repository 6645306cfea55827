"""`format`: the response is `<think>…</think><answer>…</answer>`, each tag once, in this order, with content.

It judges form alone and knows no reference: pay it through `rewards.shaping.compose`, where it cannot outweigh
correctness. Content is anything visible: blanks, control and zero-width characters do not fill a tag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.verdict import Answer

TAGS = ("think", "answer")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


class After(StrEnum):
    """What may stand after the last closing tag."""

    NOTHING = "nothing"
    TEXT = "text"  # must: the answer stands there, outside any tag


def visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] not in "ZC" for char in text)


def fault(response: str, tags: Sequence[str] = TAGS, after: After = After.NOTHING) -> str | None:
    """What is wrong with the form, in words; None when nothing is."""
    at = 0
    for tag in tags:
        opening, closing = f"<{tag}>", f"</{tag}>"
        for mark in (opening, closing):
            if (count := response.count(mark)) != 1:
                return f"{mark} stands {count} times"
        start, end = response.find(opening), response.find(closing)
        if start < at or end < start:
            return f"{opening} and {closing} are not in order"
        if response[at:start].strip():
            return f"text before {opening}"
        if not visible(response[start + len(opening) : end]):
            return f"{opening} is empty"
        at = end + len(closing)
    rest = visible(response[at:])
    if after is After.TEXT and not rest:
        return f"nothing after </{tags[-1]}>"
    if after is After.NOTHING and rest:
        return f"text after </{tags[-1]}>"
    return None


@register("format")
class FormatVerifier(Rule):
    """Params: `tags` (default ["think", "answer"]), `after` nothing|text. No reference."""

    version = "1"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params, "tags", "after")
        after = After(options.one_of(answer.params, "after", *After))
        tags = answer.params.get("tags", TAGS)
        if not isinstance(tags, list | tuple) or not tags or not all(isinstance(tag, str) and _NAME.fullmatch(tag) for tag in tags):
            raise ValueError(f"param 'tags': {tags!r} is not a list of tag names")
        if len(set(tags)) != len(tags):
            raise ValueError(f"param 'tags': {tags!r} names a tag twice")
        found = fault(response, tags, after)
        return Outcome.of(found is None, None, found or "well-formed")
