"""Small steps from parsed parts to nodes."""

from __future__ import annotations

from collections.abc import Callable

from rewards.math import nodes as n

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
    return n.Quantity(node, text)


def arrange(items: list[n.Node], joints: list[str]) -> n.Node:
    """One node of a sequence: groups where ";" stands over "," or where "and" joins solutions of several unknowns."""
    if not joints:
        return items[0]
    for outer, inner in ((";", (",", "and")), ("and", (",",))):
        if outer not in joints or not any(joint in inner for joint in joints):
            continue
        groups: list[list[n.Node]] = [[items[0]]]
        for joint, item in zip(joints, items[1:], strict=True):
            if joint == outer:
                groups.append([item])
            else:
                groups[-1].append(item)
        solutions = all(isinstance(item, n.Rel) for item in items) and len({len(group) for group in groups}) == 1
        if outer == ";" or solutions:
            return n.Items(tuple(n.Items(tuple(group)) if len(group) > 1 else group[0] for group in groups))
    return n.Items(tuple(items))
