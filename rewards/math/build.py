"""Small steps from parsed parts to nodes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from rewards.math import nodes as n
from rewards.math.lexer import Unreadable
from rewards.math.units import counted

_PERCENT_WORDS = {"percent", "pct", "percentage", "percents", "per cent", "percentage points"}
_DEGREE_WORDS = {"degrees", "degree", "deg", "degs"}


def signed(mark: str | None, rule: Callable[[], n.Node]) -> n.Node:
    node = rule() if mark in (None, "+", "-", "pm", "mp") else None
    assert node is not None
    if mark == "-":
        if isinstance(node, n.Call) and node.name == "mod":
            return n.Call("mod", (n.Neg(node.args[0]), node.args[1]))  # -7 mod 3 is (-7) mod 3
        return n.Neg(node)
    if mark in ("pm", "mp"):
        return n.Signed(1 if mark == "pm" else -1, node)
    return node


def times(left: n.Node, right: n.Node) -> n.Node:
    return n.Mul((*(left.factors if isinstance(left, n.Mul) else (left,)), right))


def over(left: n.Node, right: n.Node) -> n.Node:
    if isinstance(left, n.Num) and isinstance(right, n.Mul) and isinstance(right.factors[0], n.Num):
        return n.Mul((n.Div(left, right.factors[0]), *right.factors[1:]))
    return n.Div(left, right)


def spelled(node: n.Node) -> str:
    """The letters of a product of names; empty for anything else."""
    if isinstance(node, n.Sym):
        return node.name
    if isinstance(node, n.Const):
        return node.name
    if isinstance(node, n.Words):
        return node.text
    if isinstance(node, n.Mul) and all(isinstance(factor, n.Sym | n.Const) for factor in node.factors):
        return "".join(spelled(factor) for factor in node.factors)
    return ""


def quantity(node: n.Node, words: list[str]) -> n.Node:
    text = " ".join(words)
    lowered = text.lower().strip(" .")
    if lowered in _PERCENT_WORDS:
        return n.Percent(node)
    if lowered in _DEGREE_WORDS:
        return n.Degree(node)
    if isinstance(node, n.Rel) and node.ops[-1] in ("=", "approx"):
        return n.Rel(node.ops, (*node.sides[:-1], quantity(node.sides[-1], words)))
    found = counted(text)
    if found is None:
        raise Unreadable(f"{text[:40]!r} is no unit")
    factor, unit = found
    node = node if factor == 1 else multiple(node, factor)
    return n.Quantity(node, unit) if unit else node


def multiple(node: n.Node, factor: Fraction) -> n.Node:
    """A literal stays one: 2.5 million is the number 2500000, and not a decimal that was rounded."""
    return n.Num(node.value * factor) if isinstance(node, n.Num) else n.Mul((n.Num(factor), node))


_ORDER = {"<", ">", "le", "ge", "ne"}


def arrange(items: list[n.Node], joints: list[str]) -> n.Node:
    """One node of a sequence: groups where ";" stands over "," or where a word joins solutions of several unknowns.

    Between relations "and" binds closer than "or", as in logic; a word before the last of a list joins all of it.
    """
    if not joints:
        return items[0]
    plain = ["," if joint.startswith(",") else joint for joint in joints]
    if ";" in plain and len(set(plain)) > 1:
        return n.Items(tuple(_single(group) for group in _split(items, plain, ";")))
    if all(isinstance(item, n.Rel) for item in items):
        for outer in ("or", "and"):
            if outer not in plain or len(set(plain)) == 1:
                continue
            groups = _split(items, plain, outer)
            if len({len(group) for group in groups}) == 1 and len(groups[0]) > 1:
                return n.Items(tuple(_single(group, "and") for group in groups), outer)
        if {"and", "or"} == set(plain) and any(isinstance(item, n.Rel) and set(item.ops) & _ORDER for item in items):
            return n.Items(tuple(_single(group, "and") for group in _split(items, plain, "or")), "or")
    words = {joint.strip(",") for joint in joints} - {"", ";"}
    return n.Items(tuple(items), words.pop() if len(words) == 1 else ",")


def _split(items: list[n.Node], joints: list[str], at: str) -> list[list[n.Node]]:
    groups: list[list[n.Node]] = [[items[0]]]
    for joint, item in zip(joints, items[1:], strict=True):
        if joint == at:
            groups.append([item])
        else:
            groups[-1].append(item)
    return groups


def _single(group: list[n.Node], joint: str = ",") -> n.Node:
    return n.Items(tuple(group), joint) if len(group) > 1 else group[0]
