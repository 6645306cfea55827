r"""The final answer of a response: what stands after `</think>` counts, not what stands in it.

    "<think> 3 + 5 = 8 </think> \boxed{8}"  ->  "8"

The answer is the content of the last balanced `\boxed{...}` after the thoughts. A response that opens its
thoughts and never closes them has no answer (it was cut), whatever stands in them.
"""

from __future__ import annotations

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


def final_answer(response: str) -> str | None:
    r"""The last box after the thoughts, or None when there is none to read."""
    text = after_thoughts(response)
    boxes = boxed(text) if text is not None else []
    return boxes[-1] if boxes else None
