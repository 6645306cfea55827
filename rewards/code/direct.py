"""Asserts that need no tester: `assert f(literals) == literal`, alone or as the whole body of a HumanEval `check`.

In: a test's text. Out: the calls it makes and the values it wants, or None when there is anything else in it. Such a
test takes one run, of the program; the comparison is made here and gives what Python's == would give between the
plain values, without building them: a set or a mapping with chosen hashes would cost the judge quadratic time.
"""

from __future__ import annotations

import ast
import builtins
import functools
import json
from typing import Any

from rewards.code.child import encode


@functools.lru_cache(maxsize=1024)
def split(source: str, setup: str, entry: str | None) -> tuple[tuple[str, str], ...] | None:
    """(operation, wanted value) for each assert, both as JSON texts; None when the test is not of this kind."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, MemoryError, RecursionError, SystemError):
        # SystemError: CPython 3.11 counts the depth of a tree for all threads together, so ast.parse may fail when two
        # parse at once (python/cpython#106905). The tester then judges: the same verdict, more slowly.
        return None
    name = entry
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if functions:
        (check, *more) = functions
        quiet = all(node is check or _says_nothing(node) for node in body)
        arguments = [argument.arg for argument in check.args.args]
        if more or not quiet or entry is None or check.name != "check" or len(arguments) != 1 or check.decorator_list:
            return None
        body, name = check.body, arguments[0]
    found: list[tuple[str, str]] = []
    for node in body:
        if _says_nothing(node):
            continue
        pair = _assert(node, name, entry, setup)
        if pair is None:
            return None
        found.append(pair)
    return tuple(found) or None


def _says_nothing(node: ast.stmt) -> bool:
    """A docstring, `assert True`, `pass`, or data about the test."""
    if isinstance(node, ast.Assert):
        return isinstance(node.test, ast.Constant) and node.test.value is True
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id == "METADATA" for target in node.targets) and _literal(node.value) is not None
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _assert(node: ast.stmt, name: str | None, entry: str | None, setup: str) -> tuple[str, str] | None:
    if not isinstance(node, ast.Assert):
        return None
    test = node.test
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq) and isinstance(test.left, ast.Call)):
        return None
    call = test.left
    if not isinstance(call.func, ast.Name) or (node.msg is not None and not isinstance(node.msg, ast.Constant)):
        return None
    if name is None:
        if setup or hasattr(builtins, call.func.id):
            return None
        target = call.func.id
    elif call.func.id == name:
        target = entry or name
    else:
        return None
    wanted = _literal(test.comparators[0])
    args = [_literal(arg) for arg in call.args]
    kwargs = {keyword.arg: _literal(keyword.value) for keyword in call.keywords if keyword.arg is not None}
    if wanted is None or None in args or None in kwargs.values() or len(kwargs) != len(call.keywords):
        return None
    op = ["call", {"n": target}, None, [arg[0] for arg in args if arg], {key: value[0] for key, value in kwargs.items() if value}]
    return json.dumps(op), json.dumps(wanted[0])


def _literal(node: ast.expr) -> tuple[Any] | None:
    """The tagged value of a literal, in a tuple; None when it is none or not plain data."""
    try:
        tag = encode(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return None if isinstance(tag, dict) and "o" in tag else (tag,)


def equal(got: Any, wanted: Any) -> bool | None:
    """What `==` says of two tagged values in Python; None when only Python can tell (Decimal, deque, objects, ...)."""
    try:
        ours, theirs = _key(got), _key(wanted)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return ours == theirs


def _key(tag: Any) -> str:
    """A text that two values share exactly when they are equal. ValueError for what has none."""
    kind = type(tag)
    if tag is None:
        return "N"
    if kind is bool or kind is int:
        return hex(tag)
    if kind is str:
        return json.dumps(tag)
    if kind is list:
        return "[" + ",".join(map(_key, tag)) + "]"
    if kind is not dict or len(tag) != 1:
        raise ValueError("not an encoded value")
    ((name, body),) = tag.items()
    if name == "i":
        return hex(int(body, 16))
    if name == "f":
        return _real(float.fromhex(body))
    if name == "c":
        real, imaginary = map(float.fromhex, body)
        return _real(real) if imaginary == 0 else f"c({_real(real)},{_real(imaginary)})"
    if name == "b":
        return "b" + bytes.fromhex(body).hex()
    if type(body) is not list:
        raise ValueError("not a value with a key")
    if name == "t":
        return "(" + ",".join(map(_key, body)) + ")"
    if name in ("s", "z"):
        return "{" + ",".join(sorted(set(map(_key, body)))) + "}"
    if name == "d":
        return "d{" + ",".join(sorted(f"{_key(key)}:{_key(value)}" for key, value in body)) + "}"
    raise ValueError("not a value with a key")


def _real(number: float) -> str:
    if number != number:
        raise ValueError("NaN is not equal to itself, except where it is the same object")
    return hex(int(number)) if number.is_integer() else number.hex()
