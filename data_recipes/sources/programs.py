"""What the sources of code problems share: reading Python, and grades by the length of the reference."""

from __future__ import annotations

import ast

from data_recipes.sources.unfit import Unfit

GRADE_LINES = (3, 6, 10, 16)  # lines of code up to which a reference is of grade 1, 2, 3, 4


def parsed(source: str, field: str) -> ast.Module:
    """Raises Unfit naming the field for what is not Python 3."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unfit(f"field {field!r}: not Python 3 ({error})") from None


def grade_by_length(source: str) -> str:
    """1 to 5 by the reference's lines that are neither empty nor a comment: a label, where nobody gave one."""
    lines = sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())
    return str(1 + sum(lines > most for most in GRADE_LINES))


def fenced(program: str) -> str:
    return f"```python\n{program.strip(chr(10))}\n```"
