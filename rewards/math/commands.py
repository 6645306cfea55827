r"""The part of the grammar that starts with a command or a function's name: \frac, \sqrt, \sin, matrices, big operators."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from rewards.math import nodes as n
from rewards.math.big import big
from rewards.math.build import signed, spelled
from rewards.math.lexer import FUNCTIONS, Unreadable

if TYPE_CHECKING:
    from rewards.math.arithmetic import Arithmetic

ACCENTS = {"overline", "overrightarrow", "vec", "hat", "bar", "tilde", "widehat", "widetilde", "dot", "ddot"}
NAMED = {"angle", "measuredangle", "triangle", "odot", "nabla", "partial"}
_SETS = {"R", "Q", "Z", "N", "C"}
_INVERSES = {
    "sin": "asin",
    "cos": "acos",
    "tan": "atan",
    "cot": "acot",
    "sec": "asec",
    "csc": "acsc",
    "sinh": "asinh",
    "cosh": "acosh",
    "tanh": "atanh",
}
_RENAMED = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsec": "asec", "arccsc": "acsc", "arsinh": "asinh",
    "arcsinh": "asinh", "arcosh": "acosh", "arccosh": "acosh", "artanh": "atanh", "arctanh": "atanh", "sgn": "sign", "cosec": "csc",
}  # fmt: skip
_MANY = {"gcd", "lcm", "max", "min"}


def command(p: Arithmetic, name: str) -> n.Node:
    if name == "frac":
        return fraction(p)
    if name == "sqrt":
        return root(p)
    if name == "binom":
        return n.Call("binomial", (p.argument(), p.argument()))
    if name == "pi":
        return n.Const("pi")
    if name == "infty":
        return n.Const("oo")
    if name == "emptyset":
        return n.NamedSet("empty")
    if name in ("lfloor", "lceil"):
        return rounded(p, name)
    if name in ("lvert", "lVert"):
        return p.absolute("rvert" if name == "lvert" else "rVert")
    if name in ("mathbb", "mathcal", "mathfrak"):
        return blackboard(p, name)
    if name == "begin":
        return matrix(p)
    if name in ("sum", "prod", "int", "lim"):
        return big(p, name)
    if name in FUNCTIONS:
        return function(p, name)
    if name in ACCENTS:
        inner = p.argument()
        return n.Sym(f"{name} {spelled(inner)}") if spelled(inner) else n.Call(name, (inner,))
    if name in NAMED:
        letters = ""
        while p.peek().kind == "sym" and len(letters) < 8:
            letters += p.take().value
        return n.Sym(f"{name} {letters}")
    if name == "ldots":
        return n.Dots()
    if name == "langle":
        items = [p.item()]
        while p.separator() is not None:
            items.append(p.item())
        if not p.is_cmd("rangle"):
            raise Unreadable("expected \\rangle")
        p.take()
        return n.Bracket("(", ")", tuple(items))
    raise Unreadable(f"\\{name} is not understood here")


def fraction(p: Arithmetic) -> n.Node:
    top, bottom = p.argument(), p.argument()
    if top == n.Sym("d") and isinstance(bottom, n.Mul) and len(bottom.factors) == 2 and bottom.factors[0] == n.Sym("d"):
        variable = bottom.factors[1]
        if isinstance(variable, n.Sym) and p.starts_factor():
            return n.Big("diff", variable.name, None, None, p.chain())
    return n.Div(top, bottom)


def root(p: Arithmetic) -> n.Node:
    degree: n.Node = n.Num(Fraction(2))
    if p.is_op("["):
        p.take()
        degree = p.sum()
        p.expect("]")
    if p.is_op("("):
        found = p.arguments()
        if len(found) != 1:
            raise Unreadable(f"a root of {len(found)} numbers")
        radicand = found[0]
    else:
        radicand = p.argument(whole_number=True)
    return n.Call("root", (radicand, degree))


def rounded(p: Arithmetic, opening: str) -> n.Node:
    node = p.sum()
    closing = "rfloor" if opening == "lfloor" else "rceil"
    if not p.is_cmd(closing):
        raise Unreadable(f"expected \\{closing}")
    p.take()
    return n.Call("floor" if opening == "lfloor" else "ceil", (node,))


def blackboard(p: Arithmetic, name: str) -> n.Node:
    node = p.argument()
    letter = node.name if isinstance(node, n.Sym) else ""
    if name != "mathbb" or letter not in _SETS:
        return n.Sym(f"{name} {letter}") if letter else n.Call(name, (node,))
    suffix = ""
    if p.is_op("^") and p.peek(1).value in ("+", "-", "*"):
        suffix = p.peek(1).value
        p.at += 2
    elif p.is_op("^") and p.peek(1).value == "{" and p.peek(2).value in ("+", "-", "*") and p.peek(3).value == "}":
        suffix = p.peek(2).value
        p.at += 4
    return n.NamedSet(letter + suffix)


def function(p: Arithmetic, name: str) -> n.Node:
    name = _RENAMED.get(name, name)
    exponent: n.Node | None = None
    base: n.Node | None = None
    while p.is_op("^", "_"):
        if p.take().value == "^":
            exponent = p.exponent()
        else:
            base = p.argument(whole_number=True)
    if exponent == n.Neg(n.Num(Fraction(1))) and name in _INVERSES:
        name, exponent = _INVERSES[name], None
    args = p.arguments() if p.is_op("(", "[", "\\{", "{") else (signed(p.sign(), lambda: p.chain(stop_at_functions=True)),)
    if base is not None:
        if name != "log":
            raise Unreadable(f"{name} takes no subscript")
        args = (*args, base)
    takes = (2,) if name in ("binomial", "mod") else (1, 2) if name == "log" else (1,)
    if len(args) not in takes and name not in _MANY:
        raise Unreadable(f"{name} of {len(args)} arguments")
    if name == "lg":
        name, args = "log", (*args, n.Num(Fraction(10)))
    if name == "cbrt":
        name, args = "root", (*args, n.Num(Fraction(3)))
    if name == "exp":
        node: n.Node = n.Pow(n.Const("e"), args[0])
    else:
        node = n.Call(name, args)
    return n.Pow(node, exponent) if exponent is not None else node


def environment(p: Arithmetic) -> str:
    p.expect("{")
    name = ""
    while p.peek().kind in ("sym", "word"):
        name += p.take().value
    if p.is_op("*"):
        p.take()
    p.expect("}")
    return name


def matrix(p: Arithmetic) -> n.Node:
    kind = environment(p)
    if kind not in ("matrix", "pmatrix", "bmatrix", "vmatrix", "Bmatrix", "Vmatrix", "smallmatrix", "array", "cases"):
        raise Unreadable(f"the environment {kind!r} is not understood")
    if kind == "array":
        while not p.is_op("}"):
            p.take()
            if p.peek().kind == "end":
                raise Unreadable("an array that never ends")
        p.take()
    rows: list[list[n.Node]] = [[]]
    while not p.is_cmd("end"):
        if p.is_op("\\\\"):
            p.take()
            rows.append([])
        elif p.is_op("&") or (p.is_op(",") and kind == "cases"):
            p.take()
        else:
            rows[-1].append(p.item())
    p.take()
    environment(p)
    filled = [tuple(row) for row in rows if row]
    if kind == "cases":
        return n.Items(tuple(cell for row in filled for cell in row))
    if not filled or len({len(row) for row in filled}) != 1:
        raise Unreadable("a matrix with rows of different lengths")
    if kind.startswith("v"):
        return n.Call("det", (n.Matrix(tuple(filled)),))
    return n.Matrix(tuple(filled))
