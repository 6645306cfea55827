r"""The final answer of a response: what stands after `</think>` counts, not what stands in it.

    "<think> 3 + 5 = 8 </think> \boxed{8}"  ->  "8"

The answer is the content of the last balanced `\boxed{...}` after the thoughts. A response that opens its
thoughts and never closes them has no answer (it was cut), whatever stands in them.
"""

from __future__ import annotations

import re

THINK_OPEN, THINK_CLOSE = "<think>", "</think>"
BOX = "\\boxed{"


def after_thoughts(response: str) -> str | None:
    """The text after the last `</think>`; the whole response if it has no thoughts; None if they never end."""
    if THINK_CLOSE in response:
        return response.rpartition(THINK_CLOSE)[2]
    return None if THINK_OPEN in response else response


def boxed(text: str) -> list[str]:
    r"""Contents of every outermost balanced `\boxed{...}`, in order; an unclosed box yields nothing."""
    found: list[str] = []
    at = text.find(BOX)
    while at != -1:
        depth, start = 1, at + len(BOX)
        end = start
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        if depth:
            break
        found.append(text[start : end - 1].strip())
        at = text.find(BOX, end)
    return found


# A tag's content holds no second opening: a thousand unclosed tags would otherwise each be read to the end.
_TAG = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)
_STATED = re.compile(r"(?:final\s+answer|answer)\s*(?:is|are|:|=)+\s*", re.IGNORECASE)


def stated_answer(response: str) -> str | None:
    r"""What a response gives as its answer, for verifiers that do not insist on a box.

    In this order, all after the thoughts: the last box; the last `<answer>...</answer>`; what follows the last
    "answer is" or "answer:" on its line; else the whole text. None when the thoughts never end or nothing is left.
    """
    text = after_thoughts(response)
    if text is None:
        return None
    if boxes := boxed(text):
        return boxes[-1]
    if tags := _TAG.findall(text):
        return tags[-1].strip() or None
    if found := list(_STATED.finditer(text)):
        line = text[found[-1].end() :].lstrip().partition("\n")[0].strip()
        if line:
            return line.strip("*` ").removesuffix(".").strip() or None
    return text.strip() or None


def final_answer(response: str) -> str | None:
    r"""The last box after the thoughts, or None when there is none to read."""
    text = after_thoughts(response)
    boxes = boxed(text) if text is not None else []
    return boxes[-1] if boxes else None
