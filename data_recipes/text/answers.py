"""What sort of thing an answer is, as far as its reference tells: it says whether a question can be of a type."""

from __future__ import annotations

import re
from enum import StrEnum

from data_recipes.text.found import reference_text
from rewards.verdict import Answer

_TRUTHS = {"true", "false", "真", "假", "对", "错", "正确", "错误", "√", "×", "✓", "✗"}
_YESES = {"yes", "no", "是", "否", "不是", "能", "不能", "可以", "不可以", "会", "不会", "有", "没有", "yes/no"}
_WORD = re.compile(r"^\W*([^\W\d_]+)")
_NUMBER = re.compile(r"^[\s$]*[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:\s*/\s*\d+)?\s*(?:%|\\%|[a-z°]{1,12})?[\s$.]*$", re.IGNORECASE)
_LETTERS = re.compile(r"^\W*(?:\\text\w*\{\s*)?\(?([A-J](?:\)?\s*(?:,|and|、|，)?\s*\(?[A-J])*)\)?\W*$")


class Kind(StrEnum):
    NONE = "none"  # no reference, or an empty one
    TRUTH = "truth"  # true, false
    YES_NO = "yes_no"
    LETTERS = "letters"  # "B", "(C)", "A,D": an option, or a thing called by a letter
    NUMBER = "number"
    OTHER = "other"  # an expression, a text, tests of a program


def is_empty(answer: Answer) -> bool:
    """No reference, or one without content, and no params that could say what is right (tests, a schema)."""
    reference = answer.reference
    if isinstance(reference, str):
        return not re.sub(r"\\boxed\s*\{\s*\}|[\s$]+", "", reference)
    if reference is None:
        return not answer.params
    return isinstance(reference, (list, dict)) and not reference and not answer.params


def kind_of(answer: Answer) -> Kind:
    text = reference_text(answer)
    if text is None:
        return Kind.NONE if not answer.params else Kind.OTHER
    if is_empty(answer):
        return Kind.NONE
    bare = _bare(text)
    if bare in _TRUTHS:
        return Kind.TRUTH
    if bare in _YESES:
        return Kind.YES_NO
    if (word := _WORD.match(bare)) is not None and bare[word.end() :].lstrip().startswith((",", ".", ";", ":", "，", "。", "—", "-")):
        if word[1] in ("yes", "no", "是", "否"):
            return Kind.YES_NO  # "Yes, because …"
        if word[1] in ("true", "false"):
            return Kind.TRUTH
    if _LETTERS.match(text.strip()):
        return Kind.LETTERS
    return Kind.NUMBER if _NUMBER.match(text) else Kind.OTHER


def _bare(text: str) -> str:
    text = re.sub(r"\\(?:text|textbf|mathrm|mbox|boxed)\s*\{([^{}]*)\}", r"\1", text)
    return text.strip(" \t\r\n$.()[]{}*_\"'。").casefold()
