r"""The part of the grammar that binds variables: \sum, \prod, \int, \lim."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from rewards.math import nodes as n
from rewards.math.lexer import Unreadable

if TYPE_CHECKING:
    from rewards.math.arithmetic import Arithmetic


def big(p: Arithmetic, kind: str) -> n.Node:
    low: n.Node | None = None
    high: n.Node | None = None
    while p.is_op("^", "_"):
        if p.take().value == "_":
            low = bound(p)
        else:
            high = bound(p)
    if kind == "int":
        return integral(p, low, high)
    if not isinstance(low, n.Rel) or len(low.sides) != 2 or not isinstance(low.sides[0], n.Sym | n.Const):
        raise Unreadable(f"\\{kind} without a bound variable")
    variable = low.sides[0]
    body = p.deeper(p.product)
    return n.Big(kind, variable.name, low.sides[1], high, body)


def bound(p: Arithmetic) -> n.Node | None:
    node = p.argument(whole_number=True)
    return None if node == n.Words("") else node


def integral(p: Arithmetic, low: n.Node | None, high: n.Node | None) -> n.Node:
    p.in_integral += 1
    body = p.deeper(p.sum)
    p.in_integral -= 1
    found = [node.args[0] for node in n.walk(body) if isinstance(node, n.Call) and node.name == "differential"]
    if len(found) > 1:
        raise Unreadable("an integral over several variables")
    variable = found[0].name if found and isinstance(found[0], n.Sym) else "x"
    return n.Big("int", variable, low, high, without_differential(body))


def without_differential(node: n.Node) -> n.Node:
    if isinstance(node, n.Call) and node.name == "differential":
        return n.Num(Fraction(1))
    if isinstance(node, n.SetOf) and len(node.items) == 1:
        return without_differential(node.items[0])
    return node if isinstance(node, n.Pow | n.Call) else n.mapped(node, without_differential)
