"""Which text of a response is the program."""

from __future__ import annotations

import pytest

from rewards.code.extract import MAX_PROGRAM, Origin, blocks, candidates, choose, looks_like
from rewards.code.languages import fence_tags

PYTHON = fence_tags("python")


@pytest.mark.parametrize(
    ("response", "texts", "origin"),
    [
        ("```python\na\n```", ["a"], Origin.TAGGED),
        ("```python\na\n```\ntext\n```python\nb\n```", ["b", "a", "a\n```\ntext\n```python\nb"], Origin.TAGGED),
        ("```\na\n```", ["a"], Origin.UNTAGGED),
        ("```python\na\n```\n```text\nb\n```", ["a", "a\n```\n```text\nb"], Origin.TAGGED),
        ("```PY3 file=a.py\na\n```", ["a"], Origin.TAGGED),
        ("```{.python}\na\n```", ["a"], Origin.TAGGED),
        ("~~~python\na\n```\n~~~", ["a\n```"], Origin.TAGGED),
        ("````python\n```\n````", ["```"], Origin.TAGGED),
        ("```cpp\na\n```", [], Origin.UNTAGGED),
        ("```python\n```", [], Origin.UNTAGGED),
        ("```python\na", ["a"], Origin.TAGGED),
        ("  - x\n    ```python\n    if a:\n        b\n    ```", ["if a:\n    b"], Origin.TAGGED),
        ("```python\r\na\r\n```\r\n", ["a"], Origin.TAGGED),
        ("no fence", ["no fence"], Origin.RAW),
        ("<think>```python\na\n```</think>\nx", ["x"], Origin.RAW),
        ("<think>```python\na\n```", [], Origin.RAW),
        ("", [], Origin.RAW),
        ("```python\n" + "x" * (MAX_PROGRAM + 1) + "\n```", [], Origin.TAGGED),
    ],
)
def test_candidates(response, texts, origin):
    found, where = candidates(response, PYTHON)
    assert found == texts
    if texts:
        assert where is origin


def test_block_that_holds_a_fence_is_offered_up_to_each_later_one():
    text = '```python\n"""\n```\nx\n```\n"""\n```\n'
    assert blocks(text)[0].texts == ('"""', '"""\n```\nx', '"""\n```\nx\n```\n"""')


def fact(parses=True, real=True, defines=()):
    return {"parses": parses, "real": real, "defines": list(defines)}


@pytest.mark.parametrize(
    ("facts", "entry", "origin", "chosen"),
    [
        ([fact(), fact(defines=["f"])], "f", Origin.TAGGED, "b"),
        ([fact(), fact(defines=["Solution"])], "f", Origin.TAGGED, "b"),
        ([fact(defines=["f"]), fact(defines=["f"])], "f", Origin.TAGGED, "a"),
        ([fact(), fact()], "f", Origin.TAGGED, "a"),
        ([fact(parses=False), fact()], None, Origin.TAGGED, "b"),
        ([fact(real=False), fact()], None, Origin.UNTAGGED, "b"),
        ([fact(parses=False), fact(parses=False)], None, Origin.TAGGED, "a"),
        ([fact(parses=False), fact(parses=False)], None, Origin.UNTAGGED, None),
    ],
)
def test_choice(facts, entry, origin, chosen):
    assert choose(["a", "b"], facts, entry, origin) == chosen


def test_raw_text_must_do_something():
    assert choose(["Yes"], [fact(real=False)], None, Origin.RAW) is None
    assert choose(["print(1)"], [fact()], None, Origin.RAW) == "print(1)"


def test_words_of_a_language():
    assert looks_like("#include <stdio.h>\nint main() {}", "cpp")
    assert not looks_like("I would write a main function.", "cpp")


def test_hostile_fences_cost_little():
    texts, _ = candidates("```python\n" * 20_000 + "```\n" * 20_000, PYTHON)
    assert len(texts) <= 24
