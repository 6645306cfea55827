"""Sets of real numbers: intervals, unions and the solutions of inequalities in one variable, in one canonical form.

In: a tree. Out: disjoint pieces in order, each with its ends and whether they belong to it; or None when the tree
is no such set. Ends may be any real constants; they are ordered exactly or by balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.math import nodes as n
from rewards.math.lines import linear
from rewards.math.same import Undecided, less, same
from rewards.math.value import NoValue, TooLarge

INFINITY = n.Const("oo")


@dataclass(frozen=True, slots=True)
class Piece:
    low: n.Node | None  # None: minus infinity
    high: n.Node | None  # None: infinity
    low_in: bool
    high_in: bool


Region = tuple[Piece, ...]
ALL: Region = (Piece(None, None, False, False),)


def _end(node: n.Node) -> tuple[n.Node | None, int]:
    """(finite end or None, sign of the infinity)."""
    if node == INFINITY:
        return None, 1
    if node in (n.Neg(INFINITY), n.Signed(-1, INFINITY)):
        return None, -1
    return node, 0


def _is_empty(piece: Piece) -> bool:
    if piece.low is None or piece.high is None:
        return False
    if _equal(piece.low, piece.high):
        return not (piece.low_in and piece.high_in)
    return less(piece.high, piece.low)


def _equal(left: n.Node | None, right: n.Node | None) -> bool:
    if left is None or right is None:
        return left is right
    return same(left, right)


def union(pieces: Sequence[Piece]) -> Region:
    """Disjoint pieces in order. Raises Undecided where ends cannot be ordered."""
    filled = [piece for piece in pieces if not _is_empty(piece)]
    ordered: list[Piece] = []
    for piece in filled:
        at = len(ordered)
        while at and _starts_before(piece, ordered[at - 1]):
            at -= 1
        ordered.insert(at, piece)
    merged: list[Piece] = []
    for piece in ordered:
        if merged and _touches(merged[-1], piece):
            merged[-1] = _joined(merged[-1], piece)
        else:
            merged.append(piece)
    return tuple(merged)


def _starts_before(one: Piece, other: Piece) -> bool:
    if one.low is None or other.low is None:
        return one.low is None and other.low is not None
    if _equal(one.low, other.low):
        return one.low_in and not other.low_in
    return less(one.low, other.low)


def _touches(one: Piece, other: Piece) -> bool:
    if one.high is None or other.low is None:
        return True
    if _equal(one.high, other.low):
        return one.high_in or other.low_in
    return less(other.low, one.high)


def _joined(one: Piece, other: Piece) -> Piece:
    if one.high is None or other.high is None:
        return Piece(one.low, None, one.low_in, False)
    if _equal(one.high, other.high):
        return Piece(one.low, one.high, one.low_in, one.high_in or other.high_in)
    if less(one.high, other.high):
        return Piece(one.low, other.high, one.low_in, other.high_in)
    return one


def complement(region: Region) -> Region:
    pieces: list[Piece] = []
    low: n.Node | None = None
    low_in = False
    open_start = True
    for piece in region:
        if piece.low is not None:
            pieces.append(Piece(low if not open_start else None, piece.low, low_in, not piece.low_in))
        if piece.high is None:
            return union(pieces)
        low, low_in, open_start = piece.high, not piece.high_in, False
    pieces.append(Piece(low if not open_start else None, None, low_in, False))
    return union(pieces)


def intersection(one: Region, other: Region) -> Region:
    return complement(union((*complement(one), *complement(other))))


def equal(one: Region, other: Region) -> bool:
    return len(one) == len(other) and all(
        _equal(a.low, b.low) and _equal(a.high, b.high) and a.low_in == b.low_in and a.high_in == b.high_in
        for a, b in zip(one, other, strict=True)
    )


def region(node: n.Node) -> Region | None:
    """The set of reals that the tree names, or None when it names none. Raises Undecided where ends cannot be ordered."""
    try:
        return _region(node)
    except (NoValue, TooLarge):
        return None


def _region(node: n.Node) -> Region | None:
    if isinstance(node, n.NamedSet):
        return ALL if node.name == "R" else () if node.name == "empty" else None
    if isinstance(node, n.Bracket) and len(node.items) == 2:
        (low, low_sign), (high, high_sign) = _end(node.items[0]), _end(node.items[1])
        if low_sign > 0 or high_sign < 0 or any(not _constant(end) for end in (low, high) if end is not None):
            return None
        piece = Piece(low, high, node.left == "[" and low is not None, node.right == "]" and high is not None)
        if low is not None and high is not None and less(high, low):
            return None  # (3, 1) is a point and no interval
        return union([piece])
    if isinstance(node, n.SetOf):
        return union([Piece(item, item, True, True) for item in node.items]) if all(map(_constant, node.items)) else None
    if isinstance(node, n.SetOp):
        left, right = _region(as_set(node.left)), _region(as_set(node.right))
        if left is None or right is None:
            return None
        if node.op == "cup":
            return union((*left, *right))
        return intersection(left, right if node.op == "cap" else complement(right))
    if isinstance(node, n.Builder):
        found = [_region(condition) for condition in node.conditions]
        if any(part is None for part in found) or not found:
            return None
        whole: Region = ALL
        for part in found:
            whole = intersection(whole, part or ())
        return whole
    if isinstance(node, n.Rel):
        return _solutions(node)
    if isinstance(node, n.Items) and node.items and all(isinstance(item, n.Rel | n.Items) for item in node.items):
        parts = [part for item in node.items if (part := _region(item)) is not None]
        return _joined_by(node.joint, parts) if len(parts) == len(node.items) and len(unknowns(node)) == 1 else None
    return None


def _joined_by(joint: str, parts: list[Region]) -> Region:
    """ "and" is an intersection, "or" a union. A bare comma is a union too, unless that leaves nothing out: then all hold."""
    together = union([piece for part in parts for piece in part])
    if joint == "or" or (joint == "," and together != ALL):
        return together
    whole: Region = ALL
    for part in parts:
        whole = intersection(whole, part)
    return whole


def as_set(node: n.Node) -> n.Node:
    return node if isinstance(node, n.SetOf | n.SetOp | n.Bracket | n.NamedSet | n.Builder) else n.SetOf((node,))


def _constant(node: n.Node) -> bool:
    return not n.free_symbols(node) and not any(isinstance(part, n.Bracket | n.SetOf | n.Rel | n.Items | n.Words) for part in n.walk(node))


def unknown(node: n.Node) -> str | None:
    """What an inequality is about: its one variable, or a function's value such as f(x)."""
    if isinstance(node, n.Rel):
        names = {unknown(side) for side in node.sides if not _constant(side)}
        return names.pop() if len(names) == 1 else None
    symbols = n.free_symbols(node)
    return next(iter(symbols)) if len(symbols) == 1 else None


def unknowns(node: n.Node) -> frozenset[str | None]:
    """What each of joined relations is about."""
    if isinstance(node, n.Items):
        return frozenset().union(*map(unknowns, node.items))
    if isinstance(node, n.Rel) and node.ops == ("in",):
        return frozenset((unknown(node.sides[0]),))
    return frozenset((unknown(node),))


def _solutions(rel: n.Rel) -> Region | None:
    """Of a chain of order relations in one unknown that stands alone or linearly in it."""
    if rel.ops == ("in",):
        return _region(as_set(rel.sides[1])) if not _constant(rel.sides[0]) else None
    if not set(rel.ops) <= {"<", ">", "le", "ge", "ne", "="} or unknown(rel) is None:
        return None
    whole: Region = ALL
    for op, left, right in zip(rel.ops, rel.sides, rel.sides[1:], strict=False):
        part = _solved(op, left, right)
        if part is None:
            return None
        whole = intersection(whole, part)
    return whole


_FLIPPED = {"<": ">", ">": "<", "le": "ge", "ge": "le", "ne": "ne", "=": "="}


def _solved(op: str, left: n.Node, right: n.Node) -> Region | None:
    if _constant(left) and not _constant(right):
        left, right, op = right, left, _FLIPPED[op]
    if _constant(left) or not _constant(right):
        return None
    if isinstance(left, n.Neg):
        return _solved(_FLIPPED[op], left.body, n.Neg(right))
    if not isinstance(left, n.Sym) and not (isinstance(left, n.Call) and left.name[:1] in "fghFGH" and len(left.name) <= 2):
        if isinstance(left, n.Call) and left.name == "abs" and op != "=" and op != "ne":
            below, above = _solved(op, left.args[0], right), _solved(_FLIPPED[op], left.args[0], n.Neg(right))
            if below is None or above is None:
                return None
            return intersection(below, above) if op in ("<", "le") else union((*below, *above))
        line = linear(left)
        if line is None or line[0] == 0:
            return None
        slope, offset = line
        right = n.Div(n.Add((right, n.Neg(n.Num(offset)))), n.Num(slope))
        op = op if slope > 0 else _FLIPPED[op]
    end, sign = _end(right)
    if op == "=":
        return None if end is None else (Piece(end, end, True, True),)
    if end is None:
        return ALL if op == "ne" or (op in ("<", "le")) == (sign > 0) else None
    if op == "ne":
        return (Piece(None, end, False, False), Piece(end, None, False, False))
    if op in ("<", "le"):
        return (Piece(None, end, False, op == "le"),)
    return (Piece(end, None, op == "ge", False),)


def substitute(node: n.Node, name: str, value: n.Node) -> n.Node:
    if isinstance(node, n.Sym):
        return value if node.name == name else node

    def inside(part: n.Node) -> n.Node:
        return substitute(part, name, value)

    if isinstance(node, n.Signed):
        return n.Signed(node.sign, inside(node.body))
    if isinstance(node, n.Index):
        return n.Index(node.base, inside(node.sub))
    if isinstance(node, n.Big) and node.var != name:
        low = inside(node.low) if node.low is not None else None
        high = inside(node.high) if node.high is not None else None
        return n.Big(node.kind, node.var, low, high, inside(node.body))
    return n.mapped(node, inside)


__all__ = ["Piece", "Region", "Undecided", "as_set", "equal", "region", "substitute", "unknown", "unknowns"]
