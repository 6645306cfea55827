"""Runs inside the sandbox, beside the program under judgement. Standard library only; its text is sent, not imported.

In (TASK, one JSON object): {"mode": "calls", "source", "ops"} or {"mode": "sift", "sources", "prelude"}.
Out (stdout, JSON lines): what the program did, as plain data.

Nothing here is a defence. The program shares this process and may forge every line: a forged line is a wrong or a
right *value*, because the right answers are never in this process.

Values cross as JSON: None, bool, str, small int and list are themselves; all else is one tag and its body:

    {"i": hex}  big int      {"t": [...]} tuple      {"s": [...]} set        {"b": hex} bytes       {"r": [a, b, c]} range
    {"f": hex}  float        {"d": [[k, v]...]} dict {"z": [...]} frozenset  {"c": [re, im]} complex {"it": [...]} iterator
    {"q": [...]} deque       {"D": text} Decimal     {"F": text} Fraction    {"o": type name} anything else
    {"y": name} a type or function of Python's own
    {"h": k} the object that operation k gave        {"n": name} a name of the program's
"""

from __future__ import annotations

import builtins
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

SMALL = 1 << 53
MAX_DEPTH = 150
MAX_ITEMS = 200_000  # of one value


class Opaque(Exception):
    """A value that is too deep or too large to send."""


def encode(value: Any, refer: Callable[[Any], Any] | None = None) -> Any:
    """`value` as tagged JSON. A subclass of a plain type is sent as the plain data that it holds.

    `refer(value)` may return a tag of its own for an object, or None.
    """
    room = [MAX_ITEMS]
    try:
        return _encode(value, refer, room, 0)
    except (Opaque, RecursionError):
        return {"o": _type_name(type(value))}


def _type_name(kind: type) -> str:
    try:
        return str.__str__(f"{kind.__module__}.{kind.__qualname__}")[:100]
    except Exception:
        return "?"


def _encode(value: Any, refer: Callable[[Any], Any] | None, room: list[int], depth: int) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -SMALL <= value <= SMALL else {"i": hex(value)}
    if kind is float:
        return {"f": value.hex()}
    if depth > MAX_DEPTH:
        raise Opaque

    def many(items: Iterable[Any]) -> list[Any]:
        out: list[Any] = []
        for item in items:
            room[0] -= 1
            if room[0] < 0:
                raise Opaque
            out.append(_encode(item, refer, room, depth + 1))
        return out

    if kind is list:
        return many(value)
    if kind is tuple:
        return {"t": many(value)}
    if kind is dict:
        return {"d": [many(pair) for pair in value.items()]}
    if kind is set:
        return {"s": sorted(many(value), key=json.dumps)}  # the order of a set differs from process to process
    if kind is type or kind is type(len):
        name = value.__name__
        return {"y": name} if getattr(builtins, name, None) is value else {"o": _type_name(kind)}
    if refer is not None:
        tag = refer(value)
        if tag is not None:
            return tag
    bases = type.mro(kind)
    if int in bases:
        return _encode(int.__pos__(value), refer, room, depth)
    if float in bases:
        return {"f": float.hex(value)}
    if str in bases:
        return str.__str__(value)
    if tuple in bases:
        return {"t": many(tuple.__iter__(value))}
    if list in bases:
        return many(list.__iter__(value))
    if dict in bases:
        return {"d": [many(pair) for pair in dict.items(value)]}
    if frozenset in bases:
        return {"z": sorted(many(frozenset.__iter__(value)), key=json.dumps)}
    if set in bases:
        return {"s": sorted(many(set.__iter__(value)), key=json.dumps)}
    if kind is complex:
        return {"c": [value.real.hex(), value.imag.hex()]}
    if kind is bytes or kind is bytearray:
        return {"b": value.hex()}
    if kind is range:
        return {"r": [_encode(part, refer, room, depth + 1) for part in (value.start, value.stop, value.step)]}
    module, name = kind.__module__, kind.__name__
    if (module, name) == ("collections", "deque"):
        return {"q": many(value)}
    if (module, name) == ("decimal", "Decimal"):
        return {"D": str(value)}
    if (module, name) == ("fractions", "Fraction"):
        return {"F": str(value)}
    if module == "numpy" and hasattr(value, "tolist"):
        return _encode(value.tolist(), refer, room, depth + 1)
    if module == "builtins" and (hasattr(kind, "__next__") or name in ("dict_keys", "dict_values", "dict_items")):
        return {"it": many(value)}
    return {"o": _type_name(kind)}


def decode(value: Any, deref: Callable[[str, Any], Any] | None = None) -> Any:
    """The Python value of tagged JSON; ValueError when it is not in the form `encode` writes.

    `deref(tag, body)` gives the object of the tags "h", "n" and "o".
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is list:
        return [decode(item, deref) for item in value]
    if type(value) is not dict or len(value) != 1:
        raise ValueError(f"not an encoded value: {str(value)[:40]}")
    ((tag, body),) = value.items()
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return float.fromhex(body)
    if tag == "d":
        return {decode(key, deref): decode(item, deref) for key, item in body}
    if tag in "tszq" and type(body) is list:
        items = [decode(item, deref) for item in body]
        if tag == "q":
            from collections import deque

            return deque(items)
        return {"t": tuple, "s": set, "z": frozenset}[tag](items)
    if tag == "it" and type(body) is list:
        return iter([decode(item, deref) for item in body])
    if tag == "b":
        return bytes.fromhex(body)
    if tag == "c":
        return complex(float.fromhex(body[0]), float.fromhex(body[1]))
    if tag == "r":
        return range(*[decode(item) for item in body])
    if tag == "D":
        from decimal import Decimal

        return Decimal(body)
    if tag == "F":
        from fractions import Fraction

        return Fraction(body)
    if tag == "y":
        return getattr(builtins, body)
    if tag in ("h", "n", "o") and deref is not None:
        return deref(tag, body)
    raise ValueError(f"unknown tag {tag[:10]!r}")


def private_stdout() -> Callable[[Any], None]:
    """A writer of JSON lines to the real stdout; whatever else is printed from now on goes nowhere, and stdin is empty."""
    private = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 0)
    dumps, write = json.dumps, os.write

    def send(row: Any) -> None:
        data = dumps(row).encode()
        view = memoryview(data + b"\n")
        while view:
            view = view[write(private, view) :]

    return send


def describe(error: BaseException) -> tuple[list[str], str]:
    """A raised exception as plain data: the names of its classes, its message."""
    try:
        message = str.__str__(str(error))[:200]
    except BaseException:
        message = "?"
    return [base.__name__ for base in type(error).__mro__[:-1]], message


def perform_calls(task: Mapping[str, Any], send: Callable[[Any], None]) -> None:
    """Load the program, do the operations in order, send one line for each.

    An operation is [kind, target, attribute, args, kwargs]: "call" (of the target, or of its attribute), "get" or "set".
    """
    import types

    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    names = module.__dict__
    results: list[Any] = []

    def lookup(name: str) -> Any:
        first, *rest = name.split(".")
        if first not in names and not rest and hasattr(names.get("Solution"), first):
            return getattr(names["Solution"](), first)
        if first not in names:
            raise NameError(f"name {first!r} is not defined")
        found = names[first]
        for part in rest:
            if isinstance(found, type) and found.__dict__.get(part).__class__ is types.FunctionType:
                found = found()
            found = getattr(found, part)
        return found

    def deref(tag: str, body: Any) -> Any:
        if tag == "n":
            return lookup(body)
        if tag == "h":
            return results[body]
        raise ValueError("an object of no known kind was passed in")

    try:
        exec(compile(task["source"], "solution.py", "exec"), names)
    except BaseException as error:
        send(["load", *describe(error)])
        return
    for number, (kind, target, attribute, args, kwargs) in enumerate(task["ops"]):
        try:
            thing = decode(target, deref)
            if kind == "call":
                given = [decode(arg, deref) for arg in args]
                named = {key: decode(arg, deref) for key, arg in kwargs.items()}
                function = thing if attribute is None else getattr(thing, attribute)
                value = function(*given, **named)
                changed = {}
                for key, before, after in [*zip(range(len(args)), args, given, strict=True), *((k, kwargs[k], named[k]) for k in kwargs)]:
                    if type(before) is list or (type(before) is dict and not before.keys().isdisjoint("dsq")):
                        now = encode(after)
                        if now != before:
                            changed[str(key)] = now
            elif kind == "get":
                value, changed = getattr(thing, attribute), {}
            else:
                value, changed = setattr(thing, attribute, decode(args[0], deref)), {}
            results.append(value)
            send([number, "ok", encode(value), changed])
        except BaseException as error:
            results.append(None)
            send([number, "raise", *describe(error)])


def sift(task: Mapping[str, Any], send: Callable[[Any], None]) -> None:
    """Which of several texts are programs, and what they define. Parses only; nothing is run."""
    import ast

    for source in task["sources"]:
        fact: dict[str, Any] = {"parses": False, "defines": [], "real": False}
        try:
            own = ast.parse(source) if not source[:1].isspace() else None
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            own = None
        try:
            tree = own if own is not None and not task["prelude"] else ast.parse(task["prelude"] + source)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            tree = None
        if tree is not None:
            fact["parses"] = True
            body = own.body if own is not None else tree.body
            words = (ast.Name, ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Attribute, ast.JoinedStr, ast.BoolOp)
            fact["real"] = own is None or any(not (isinstance(node, ast.Expr) and isinstance(node.value, words)) for node in body)
            fact["defines"] = [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))]
        send(fact)


def main() -> None:
    task = json.loads(globals()["TASK"])
    send = private_stdout()
    {"calls": perform_calls, "sift": sift}[task["mode"]](task, send)
    os._exit(0)
