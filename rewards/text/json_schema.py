"""`json_schema`: the response is one JSON document that the reference (a JSON schema) accepts.

The document is the box, the `<answer>` tag, a single fenced block, or the whole text after the thoughts. It is
strict JSON: no NaN, no key given twice. Bounds: MAX_CHARS characters, MAX_DEPTH levels. Nothing is fetched: a `$ref`
must resolve inside the schema or to a published draft. All patterns of a document together run under one deadline; a
document that passes it is `unparsed`: an `error` is masked in training, so no document may choose to be one. `format`
keywords are annotations, as drafts have it.
"""

from __future__ import annotations

import functools
import json
import math
import re
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from rewards.extract import after_thoughts, boxed_answer, tagged_answer
from rewards.registry import Outcome, Rule, register
from rewards.text import options
from rewards.text.stated import shown
from rewards.verdict import Answer

MAX_CHARS = 100_000
MAX_DEPTH = 32  # a recursive schema takes a dozen stack frames a level
PATTERN_SECONDS = 0.5  # of processor time, for all patterns of one document together

_FENCE = re.compile(r"```[A-Za-z0-9]*[ \t]*\n")
# One pass even over hostile text: a string that is never closed runs to the end.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)


def depth(text: str) -> int:
    """Deepest nesting of brackets outside strings."""
    now = deepest = 0
    for mark in _TOKEN.finditer(text):
        if mark[0] in "[{":
            now += 1
            deepest = max(deepest, now)
        elif mark[0] in "]}":
            now -= 1
    return deepest


def document(response: str) -> str | None:
    """The text that should be JSON."""
    text = after_thoughts(response)
    if text is None or len(text) > MAX_CHARS:
        return None
    if found := boxed_answer(text):
        # A box's braces are LaTeX's; a JSON object in it brings its own.
        return found.text
    if found := tagged_answer(text):
        text = found.text
    blocks = _fenced(text)
    return (blocks[0] if len(blocks) == 1 and blocks[0] is not None else text).strip() or None


def _fenced(text: str) -> list[str | None]:
    """The first two fenced blocks; None for one that never closes. The fence that closes a block opens none."""
    found: list[str | None] = []
    at = 0
    while len(found) < 2 and (opening := _FENCE.search(text, at)):
        close = text.find("```", opening.end())
        if close == -1:
            return [*found, None]
        found.append(text[opening.end() : close])
        at = close + 3
    return found


def load(text: str) -> Any:
    """Strict JSON. Raises ValueError: not JSON, too deep, NaN or Infinity, a key given twice."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise ValueError("a key is given twice")
        return found

    def constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    def real(digits: str) -> float:
        if not math.isfinite(value := float(digits)):
            raise ValueError(f"{digits[:20]} is out of range")
        return value

    if (levels := depth(text)) > MAX_DEPTH:
        raise ValueError(f"{levels} levels deep, at most {MAX_DEPTH} are read")
    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=real)


def _key(value: Any) -> Any:
    """Hashable, equal exactly when JSON values are: 1 is 1.0, but not true."""
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, list):
        return ("list", tuple(_key(item) for item in value))
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(item)) for name, item in value.items()))
    return value


class Undecided(Exception):
    """A bound was passed before it was known whether the document is valid."""


class _Left(threading.local):
    seconds = PATTERN_SECONDS  # for patterns, of the document that this thread judges


_left = _Left()


def _search(pattern: str, text: str) -> bool:
    import regex

    begun = time.thread_time()
    try:
        if _left.seconds <= 0:
            raise TimeoutError
        return regex.search(pattern, text, timeout=_left.seconds) is not None
    except TimeoutError:
        raise Undecided(f"the schema's pattern {pattern!r} takes more than {PATTERN_SECONDS} s") from None
    except regex.error as error:
        raise ValueError(f"the schema's pattern {pattern!r} is not a regular expression: {error}") from None
    finally:
        _left.seconds -= time.thread_time() - begun


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not _search(pattern, instance):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if _search(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, extra: Any, instance: Any, schema: dict[str, Any]) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in schema.get("properties", {}) or any(_search(pattern, name) for pattern in patterns):
            continue
        if extra is False:
            yield ValidationError(f"{name[:80]!r} is one property too many")
        else:
            yield from validator.descend(value, extra, path=name)


def _multiple_of(_validator: Any, factor: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """In exact decimals: 0.3 is a multiple of 0.1, and an integer too large for a float is no fault of ours."""
    from jsonschema import ValidationError

    if isinstance(instance, int | float) and not isinstance(instance, bool) and Fraction(str(instance)) % Fraction(str(factor)):
        yield ValidationError(f"{str(instance)[:80]} is not a multiple of {factor}")


def _holds(schema: Any, keyword: str) -> bool:
    if isinstance(schema, dict):
        return keyword in schema or any(_holds(value, keyword) for value in schema.values())
    return isinstance(schema, list) and any(_holds(item, keyword) for item in schema)


def _unique_items(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    # In one pass: the library's own compares each item with each.
    if wanted and isinstance(instance, list) and len({_key(item) for item in instance}) != len(instance):
        yield ValidationError("the items are not all different")


@functools.lru_cache(maxsize=256)
def _validator(schema_text: str) -> Any:
    """The bounded validator of a schema. Raises ValueError for a bad one."""
    import jsonschema
    import jsonschema.validators
    import jsonschema_specifications

    schema = json.loads(schema_text)
    base = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        base.check_schema(schema)
    except jsonschema.SchemaError as fault:
        raise ValueError(f"reference is not a JSON schema: {fault.message[:200]}") from None
    if _holds(schema, "unevaluatedProperties") and _holds(schema, "patternProperties"):
        # The library would match these patterns itself, without a deadline.
        raise ValueError("reference uses patternProperties with unevaluatedProperties; beside it only additionalProperties is supported")
    if isinstance(schema, dict):
        schema.pop("$schema", None)  # at a `$ref` to the root it would bring the library's own keywords back
    keywords = {"pattern": _pattern, "patternProperties": _pattern_properties, "uniqueItems": _unique_items}
    keywords |= {"multipleOf": _multiple_of, "divisibleBy": _multiple_of}  # its name in draft 3
    keywords["additionalProperties"] = _additional_properties
    # An explicit registry: the library's default one would fetch remote references.
    return jsonschema.validators.extend(base, keywords)(schema, registry=jsonschema_specifications.REGISTRY)


def first_fault(schema: Any, instance: Any) -> str | None:
    """The first place where `instance` breaks the schema; None if it does not. Raises ValueError for a bad schema."""
    import referencing.exceptions

    _left.seconds = PATTERN_SECONDS
    try:
        error = next(_validator(json.dumps(schema)).iter_errors(instance), None)
    except referencing.exceptions.Unresolvable as fault:
        raise ValueError(f"reference has a $ref that is not inside it: {fault}") from None
    except RecursionError:
        raise ValueError("reference refers to itself without end") from None
    return None if error is None else f"{error.json_path}: {error.message}"


@register("json_schema")
class JsonSchemaVerifier(Rule):
    version = "4"

    def judge(self, response: str, answer: Answer) -> Outcome:
        options.known(answer.params)
        schema = answer.reference
        if not isinstance(schema, dict | bool):
            raise ValueError(f"reference is not a JSON schema (a mapping), but {type(schema).__name__}")
        text = document(response)
        if text is None:
            first_fault(schema, None)  # a bad schema is an error whatever the response
            return Outcome.unparsed(f"no document after the thoughts, or more than {MAX_CHARS} characters")
        try:
            instance = load(text)
        except (ValueError, RecursionError) as error:
            first_fault(schema, None)
            return Outcome.unparsed(f"not JSON: {shown(str(error))}", shown(text))
        try:
            fault = first_fault(schema, instance)
        except Undecided as bound:
            return Outcome.unparsed(f"cannot be decided: {bound}", shown(text))
        return Outcome.of(fault is None, shown(text), "valid" if fault is None else shown(fault))
