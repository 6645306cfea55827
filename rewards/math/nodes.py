"""The tree that an answer is parsed into. Plain records, compared by structure; `equal` says what is the same value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction


class Node:
    __slots__ = ()

    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(slots=True, unsafe_hash=True)
class Num(Node):
    """A literal. `places` counts the digits after its decimal point; None when it has none."""

    value: Fraction
    places: int | None = None


@dataclass(slots=True, unsafe_hash=True)
class Sym(Node):
    name: str  # with its subscript and primes: "x", "x_1", "f'"


@dataclass(slots=True, unsafe_hash=True)
class Const(Node):
    name: str  # pi, e, i, oo


@dataclass(slots=True, unsafe_hash=True)
class Add(Node):
    terms: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.terms


@dataclass(slots=True, unsafe_hash=True)
class Mul(Node):
    factors: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.factors


@dataclass(slots=True, unsafe_hash=True)
class Div(Node):
    top: Node
    bottom: Node

    def children(self) -> tuple[Node, ...]:
        return (self.top, self.bottom)


@dataclass(slots=True, unsafe_hash=True)
class Pow(Node):
    base: Node
    exponent: Node

    def children(self) -> tuple[Node, ...]:
        return (self.base, self.exponent)


@dataclass(slots=True, unsafe_hash=True)
class Neg(Node):
    body: Node

    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(slots=True, unsafe_hash=True)
class Signed(Node):
    r"""`\pm body` (sign 1) or `\mp body` (sign -1): two values, one for each choice of the common sign."""

    sign: int
    body: Node

    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(slots=True, unsafe_hash=True)
class Call(Node):
    """A function by name; a name that nobody knows is an uninterpreted function."""

    name: str
    args: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.args


@dataclass(slots=True, unsafe_hash=True)
class Index(Node):
    """A subscripted name whose subscript is an expression: F_{n-1}."""

    base: str
    sub: Node

    def children(self) -> tuple[Node, ...]:
        return (self.sub,)


@dataclass(slots=True, unsafe_hash=True)
class Big(Node):
    """sum, prod, int, diff or lim over a bound variable."""

    kind: str
    var: str
    low: Node | None
    high: Node | None
    body: Node

    def children(self) -> tuple[Node, ...]:
        return tuple(part for part in (self.low, self.high, self.body) if part is not None)


@dataclass(slots=True, unsafe_hash=True)
class Bracket(Node):
    """( or [, two or more items, ) or ]: a tuple or an interval."""

    left: str
    right: str
    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.items


@dataclass(slots=True, unsafe_hash=True)
class SetOf(Node):
    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.items


@dataclass(slots=True, unsafe_hash=True)
class Items(Node):
    """A list without brackets: several answers beside each other. `joint` is "and" or "or" where a word says so, else ","."""

    items: tuple[Node, ...]
    joint: str = ","

    def children(self) -> tuple[Node, ...]:
        return self.items


@dataclass(slots=True, unsafe_hash=True)
class SetOp(Node):
    op: str  # cup, cap, setminus
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(slots=True, unsafe_hash=True)
class NamedSet(Node):
    name: str  # R, Q, Z, N, C, empty


@dataclass(slots=True, unsafe_hash=True)
class Builder(Node):
    """{ head | conditions }"""

    head: Node
    conditions: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return (self.head, *self.conditions)


@dataclass(slots=True, unsafe_hash=True)
class Rel(Node):
    """A chain of relations: sides[0] ops[0] sides[1] ops[1] ..."""

    ops: tuple[str, ...]  # = < > le ge ne approx in equiv to
    sides: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.sides


@dataclass(slots=True, unsafe_hash=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]

    def children(self) -> tuple[Node, ...]:
        return tuple(cell for row in self.rows for cell in row)


@dataclass(slots=True, unsafe_hash=True)
class Ratio(Node):
    sides: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.sides


@dataclass(slots=True, unsafe_hash=True)
class Quantity(Node):
    """A value and its unit as written, normalised: "cm^2", "person"."""

    value: Node
    unit: str

    def children(self) -> tuple[Node, ...]:
        return (self.value,)


@dataclass(slots=True, unsafe_hash=True)
class Percent(Node):
    value: Node

    def children(self) -> tuple[Node, ...]:
        return (self.value,)


@dataclass(slots=True, unsafe_hash=True)
class Degree(Node):
    value: Node

    def children(self) -> tuple[Node, ...]:
        return (self.value,)


@dataclass(slots=True, unsafe_hash=True)
class Based(Node):
    """A numeral in a stated base: 101_2."""

    digits: str
    base: int


@dataclass(slots=True, unsafe_hash=True)
class Words(Node):
    text: str


@dataclass(slots=True, unsafe_hash=True)
class Dots(Node):
    pass


def walk(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(here.children())


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """An arithmetic node or a call with `change` made to each of its parts; any other node as it is."""
    if isinstance(node, Add):
        return Add(tuple(map(change, node.terms)))
    if isinstance(node, Mul):
        return Mul(tuple(map(change, node.factors)))
    if isinstance(node, Div):
        return Div(change(node.top), change(node.bottom))
    if isinstance(node, Pow):
        return Pow(change(node.base), change(node.exponent))
    if isinstance(node, Neg):
        return Neg(change(node.body))
    if isinstance(node, Call):
        return Call(node.name, tuple(map(change, node.args)))
    return node


def free_symbols(node: Node) -> frozenset[str]:
    if isinstance(node, Sym):
        return frozenset((node.name,))
    found: frozenset[str] = frozenset()
    for child in node.children():
        found |= free_symbols(child)
    return found - {node.var} if isinstance(node, Big) else found
