"""What an expression is worth: exactly as a rational where it can be, else as a ball that surely contains it.

A free symbol takes a given value; so two expressions are compared by their values at random points, exactly
(Schwartz-Zippel) or with balls: disjoint balls prove that two values differ, and balls that still overlap at a
radius of 2^-200 are taken to be equal. A function nobody knows is a fixed random function of its arguments'
values, so it respects every equality of its arguments and no other.

Arithmetic is FLINT's (`python-flint`); every step is bounded in size, what is too large raises `TooLarge`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import comb, factorial, lcm
from typing import Any

from flint import acb, arb, ctx, fmpq, fmpz

from rewards.math import nodes as n

MAX_BITS = 1 << 17  # of an exact numerator or denominator
MAX_TERMS = 2000  # of all sums and products that are added up for one value
TERMS = "\\terms"  # in an Env: what is left of them, a list of one number
Env = Mapping[str, Any]


class TooLarge(ValueError):
    """An exact value would need more than MAX_BITS, or a sum more than MAX_TERMS terms."""


class NoValue(ValueError):
    """The expression has no value of this kind: not rational, not a number at all, or division by zero."""


def _bits(value: fmpq) -> int:
    return max(value.p.bit_length(), value.q.bit_length())


def _checked(value: fmpq) -> fmpq:
    if _bits(value) > MAX_BITS:
        raise TooLarge("an exact value of too many digits")
    return value


def rational_of(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


# -- exact ---------------------------------------------------------------------------------------------------


def exact(node: n.Node, env: Env) -> fmpq:
    """The value as a rational. Raises NoValue if it is none that this can see, TooLarge if it is out of bounds."""
    if isinstance(node, n.Num):
        return rational_of(node.value)
    if isinstance(node, n.Sym):
        if node.name in env and isinstance(env[node.name], fmpq):
            return env[node.name]
        raise NoValue(node.name)
    if isinstance(node, n.Neg):
        return -exact(node.body, env)
    if isinstance(node, n.Signed):
        return exact(node.body, env) * (node.sign * env.get("\\pm", 1))
    if isinstance(node, n.Add):
        total = fmpq(0)
        for term in node.terms:
            total += exact(term, env)
        return _checked(total)
    if isinstance(node, n.Mul):
        total = fmpq(1)
        for factor in node.factors:
            total = _checked(total * exact(factor, env))
        return total
    if isinstance(node, n.Div):
        bottom = exact(node.bottom, env)
        if bottom == 0:
            raise NoValue("division by zero")
        return _checked(exact(node.top, env) / bottom)
    if isinstance(node, n.Pow):
        return _exact_power(exact(node.base, env), exact(node.exponent, env))
    if isinstance(node, n.Percent):
        return exact(node.value, env) / 100
    if isinstance(node, n.Based):
        return _based(node)
    if isinstance(node, n.Ratio) and len(node.sides) == 2:
        bottom = exact(node.sides[1], env)
        if bottom == 0:
            raise NoValue("division by zero")
        return exact(node.sides[0], env) / bottom
    if isinstance(node, n.Call):
        return _exact_call(node, env)
    if isinstance(node, n.Big) and node.kind in ("sum", "prod"):
        return _checked(_added_up(node, env, exact, fmpq(0), fmpq(1)))
    raise NoValue(type(node).__name__)


def _based(node: n.Based) -> fmpq:
    whole, _, part = node.digits.partition(".")
    try:
        return fmpq(int(whole + part, node.base), node.base ** len(part))
    except ValueError:
        raise NoValue(f"{node.digits} is no numeral in base {node.base}") from None


def _exact_power(base: fmpq, exponent: fmpq) -> fmpq:
    if exponent.q != 1:
        if abs(exponent.p) > 64 or exponent.q > 64 or _bits(base) > 4096:
            raise NoValue("a fractional power")
        found = _exact_root(base, int(exponent.q))
        return _exact_power(found, fmpq(exponent.p))
    power = int(exponent.p)
    if base == 0:
        if power <= 0:
            raise NoValue("zero to a power that is not positive")
        return base
    if base in (fmpq(1), fmpq(-1)):
        return fmpq(1) if base == 1 or power % 2 == 0 else fmpq(-1)
    if _bits(base) * abs(power) > MAX_BITS:
        raise TooLarge("a power of too many digits")
    return base**power


def _exact_root(value: fmpq, degree: int) -> fmpq:
    """The rational root if there is one. Raises NoValue otherwise, and for even roots of negative numbers."""
    if degree <= 0 or degree > 64:
        raise NoValue("a root of such a degree")
    if value < 0:
        if degree % 2 == 0:
            raise NoValue("an even root of a negative number")
        return -_exact_root(-value, degree)
    top, bottom = fmpz(value.p).root(degree), fmpz(value.q).root(degree)
    if top**degree == value.p and bottom**degree == value.q:
        return fmpq(top, bottom)
    raise NoValue("an irrational root")


def _floor(value: fmpq) -> fmpq:
    return fmpq(int(value.p) // int(value.q))


def _gcd(values: list[fmpq]) -> fmpq:
    """Of rationals: the greatest g such that every value / g is whole."""
    bottom = lcm(*(int(value.q) for value in values))
    found = fmpz(0)
    for value in values:
        found = found.gcd(fmpz(int(value.p) * (bottom // int(value.q))))
    return fmpq(abs(int(found)), bottom)


def _lcm(values: list[fmpq]) -> fmpq:
    found = values[0] if values[0] >= 0 else -values[0]
    for value in values[1:]:
        if found == 0 or value == 0:
            return fmpq(0)
        product = found * value
        found = (product if product >= 0 else -product) / _gcd([found, value])
    return found


def _exact_call(node: n.Call, env: Env) -> fmpq:
    name = node.name
    if name not in _EXACT_CALLS:
        raise NoValue(name)
    try:
        return _checked(_EXACT_CALLS[name]([exact(arg, env) for arg in node.args]))
    except (TypeError, ArithmeticError) as error:
        raise NoValue(f"{name}: {error}") from None


def _arguments(values: list[fmpq], count: int) -> list[fmpq]:
    if len(values) != count:
        raise NoValue(f"a function of {count} arguments is given {len(values)}")
    return values


def _exact_factorial(values: list[fmpq]) -> fmpq:
    (value,) = _arguments(values, 1)
    if value.q != 1 or value.p < 0:
        raise NoValue("the factorial of what is no natural number")
    if value.p > 3000:
        raise TooLarge("a factorial of too many digits")
    return fmpq(factorial(int(value.p)))


def _exact_binomial(values: list[fmpq]) -> fmpq:
    top, bottom = _arguments(values, 2)
    if top.q != 1 or bottom.q != 1 or top.p < 0:
        raise NoValue("a binomial of what are no natural numbers")
    if bottom.p < 0 or bottom.p > top.p:
        return fmpq(0)
    if top.p > 5000:
        raise TooLarge("a binomial of too many digits")
    return fmpq(comb(int(top.p), int(bottom.p)))


def _exact_mod(values: list[fmpq]) -> fmpq:
    left, right = _arguments(values, 2)
    if right == 0:
        raise NoValue("modulo zero")
    return left - right * _floor(left / right)


def _one(rule: Callable[[fmpq], fmpq]) -> Callable[[list[fmpq]], fmpq]:
    def call(values: list[fmpq]) -> fmpq:
        if len(values) != 1:
            raise NoValue("a function of one argument")
        return rule(values[0])

    return call


def _exact_nth_root(values: list[fmpq]) -> fmpq:
    value, degree = _arguments(values, 2)
    if degree.q != 1:
        raise NoValue("a root of a fractional degree")
    return _exact_root(value, int(degree.p))


_EXACT_CALLS: dict[str, Callable[[list[fmpq]], fmpq]] = {
    "abs": _one(lambda value: value if value >= 0 else -value),
    "floor": _one(_floor),
    "ceil": _one(lambda value: -_floor(-value)),
    "sign": _one(lambda value: fmpq((value > 0) - (value < 0))),
    "factorial": _exact_factorial,
    "binomial": _exact_binomial,
    "mod": _exact_mod,
    "root": _exact_nth_root,
    "gcd": _gcd,
    "lcm": _lcm,
    "max": max,
    "min": min,
}  # fmt: skip


def _added_up(node: n.Big, env: Env, value: Callable[[n.Node, Env], Any], zero: Any, one: Any) -> Any:
    if node.low is None or node.high is None:
        raise NoValue("a sum without bounds")
    low, high = exact(node.low, env), exact(node.high, env)
    if low.q != 1 or high.q != 1:
        raise NoValue("a sum with bounds that are not whole")
    left = env.get(TERMS)
    count = max(0, int(high.p) - int(low.p) + 1)
    if count > (left[0] if left else MAX_TERMS):
        raise TooLarge(f"sums of more than {MAX_TERMS} terms")
    if left:
        left[0] -= count
    total = zero if node.kind == "sum" else one
    inner = dict(env)
    for at in range(int(low.p), int(high.p) + 1):
        inner[node.var] = fmpq(at)
        term = value(_bind_imaginary(node), inner)
        total = total + term if node.kind == "sum" else total * term
    return total


def _bind_imaginary(node: n.Big) -> n.Node:
    return bound(node.body) if node.var in ("i", "e") else node.body


def bound(node: n.Node) -> n.Node:
    """A body in which i or e is the bound variable and no constant."""
    if isinstance(node, n.Const) and node.name in ("i", "e"):
        return n.Sym(node.name)
    if isinstance(node, n.Index):
        return n.Index(node.base, bound(node.sub))
    return n.mapped(node, bound)


# -- balls ---------------------------------------------------------------------------------------------------


def ball(node: n.Node, env: Env) -> acb:
    """A complex ball around the value, at FLINT's current precision. Raises NoValue or TooLarge."""
    if isinstance(node, n.Num):
        return acb(arb(rational_of(node.value)))
    if isinstance(node, n.Sym):
        if node.name not in env:
            raise NoValue(node.name)
        value = env[node.name]
        return acb(arb(value)) if isinstance(value, fmpq) else value
    if isinstance(node, n.Const):
        return _constant(node.name)
    if isinstance(node, n.Neg):
        return -ball(node.body, env)
    if isinstance(node, n.Signed):
        return ball(node.body, env) * (node.sign * env.get("\\pm", 1))
    if isinstance(node, n.Add):
        total = acb(0)
        for term in node.terms:
            total += ball(term, env)
        return total
    if isinstance(node, n.Mul):
        total = acb(1)
        for factor in node.factors:
            total *= ball(factor, env)
        return total
    if isinstance(node, n.Div):
        return ball(node.top, env) / ball(node.bottom, env)
    if isinstance(node, n.Pow):
        return _power(node, env)
    if isinstance(node, n.Percent):
        return ball(node.value, env) / 100
    if isinstance(node, n.Degree):
        return ball(node.value, env) * arb.pi() / 180
    if isinstance(node, n.Based):
        return acb(arb(_based(node)))
    if isinstance(node, n.Ratio) and len(node.sides) == 2:
        return ball(node.sides[0], env) / ball(node.sides[1], env)
    if isinstance(node, n.Index):
        return opaque(f"index {node.base}", [ball(node.sub, env)])
    if isinstance(node, n.Call):
        return _call(node, env)
    if isinstance(node, n.Big):
        return _big(node, env)
    raise NoValue(type(node).__name__)


def _constant(name: str) -> acb:
    if name == "pi":
        return acb(arb.pi())
    if name == "e":
        return acb(arb.const_e())
    if name == "i":
        return acb(0, 1)
    raise NoValue(name)


def _power(node: n.Pow, env: Env) -> acb:
    exponent = ball(node.exponent, env)
    if node.base == n.Const("e"):
        return exponent.exp()
    base = ball(node.base, env)
    try:
        power = exact(node.exponent, env)
    except (NoValue, TooLarge):
        power = None
    if power is not None and power <= 0 and base.contains(0):
        raise NoValue("zero to a power that is not positive")
    if power is not None and power.q == 1 and abs(power.p) <= 1 << 20:
        return base ** int(power.p)
    if power is not None and power.q % 2 == 1 and base.imag == 0 and base.real < 0:
        # The real odd root of a negative number, as schools teach it.
        found = (-base) ** exponent
        return -found if power.p % 2 else found
    return base**exponent


def _real(value: acb) -> arb:
    if not value.imag.contains(0) or not value.imag.rad() < arb(2) ** -60:
        raise NoValue("a complex number where a real one is needed")
    return value.real


def _floor_ball(value: acb) -> acb:
    return acb(_real(value).floor())


def _root(value: acb, degree: acb) -> acb:
    if degree == 2:
        return value.sqrt()
    whole = degree.real.unique_fmpz() if degree.imag == 0 and degree.real.is_integer() else None
    if whole is not None and value.imag == 0 and value.real < 0 and int(whole) % 2:
        return -((-value) ** (1 / degree))
    return value ** (1 / degree)


def _fold(rule: Callable[[arb, arb], arb]) -> Callable[..., acb]:
    def call(*values: acb) -> acb:
        found = _real(values[0])
        for value in values[1:]:
            found = rule(found, _real(value))
        return acb(found)

    return call


def _mod_ball(left: acb, right: acb) -> acb:
    return left - right * _floor_ball(left / right)


_CALLS: dict[str, Callable[..., acb]] = {
    "root": _root,
    "abs": lambda x: acb(abs(x)),
    "floor": _floor_ball,
    "ceil": lambda x: -_floor_ball(-x),
    "sign": lambda x: acb(_real(x).sgn()),
    "ln": lambda x: x.log(),
    "log": lambda x, base=None: x.log() if base is None else x.log() / base.log(),
    "sin": lambda x: x.sin(), "cos": lambda x: x.cos(), "tan": lambda x: x.tan(), "cot": lambda x: x.cot(), "sec": lambda x: x.sec(),
    "csc": lambda x: x.csc(), "asin": lambda x: x.asin(), "acos": lambda x: x.acos(), "atan": lambda x: x.atan(),
    "acot": lambda x: (1 / x).atan(), "asec": lambda x: (1 / x).acos(), "acsc": lambda x: (1 / x).asin(),
    "sinh": lambda x: x.sinh(), "cosh": lambda x: x.cosh(), "tanh": lambda x: x.tanh(), "coth": lambda x: x.coth(),
    "sech": lambda x: x.sech(), "csch": lambda x: x.csch(), "asinh": lambda x: x.asinh(), "acosh": lambda x: x.acosh(),
    "atanh": lambda x: x.atanh(), "factorial": lambda x: (x + 1).gamma(),
    "binomial": lambda top, bottom: (top + 1).gamma() * (bottom + 1).rgamma() * (top - bottom + 1).rgamma(),
    "mod": _mod_ball, "max": _fold(lambda a, b: a.max(b)), "min": _fold(lambda a, b: a.min(b)),
    "Re": lambda x: acb(x.real), "Im": lambda x: acb(x.imag), "arg": lambda x: acb(x.arg()),
}  # fmt: skip


def _call(node: n.Call, env: Env) -> acb:
    if node.name in ("gcd", "lcm", "det"):
        try:
            return acb(arb(exact(node, env)))
        except NoValue:
            return opaque(node.name, sorted((ball(arg, env) for arg in node.args), key=fingerprint))
    values = [ball(arg, env) for arg in node.args]
    rule = _CALLS.get(node.name)
    if rule is None:
        return opaque(node.name, values)
    try:
        return rule(*values)
    except (TypeError, ArithmeticError):
        raise NoValue(f"{node.name} of {len(values)} arguments") from None


def _big(node: n.Big, env: Env) -> acb:
    if node.kind in ("sum", "prod"):
        try:
            return _added_up(node, env, ball, acb(0), acb(1))
        except NoValue:
            pass
    # What is not added up is a fixed random function of its body's values and its bounds.
    inner = dict(env)
    seen: list[acb] = []
    for at in range(3):
        inner[node.var] = acb(arb(fmpq(7 + 5 * at, 11 + 2 * at)))
        seen.append(ball(_bind_imaginary(node), inner))
    for edge in (node.low, node.high):
        if edge is not None:
            seen.append(opaque("oo", []) if edge == n.Const("oo") else ball(edge, env))
    name = f"{node.kind} {node.low is None} {node.high is None}"
    return opaque(f"{name} {node.var}" if node.kind == "diff" or node.low is None else name, seen)


# -- random functions -----------------------------------------------------------------------------------------


def fingerprint(value: acb) -> str:
    """Equal values have equal fingerprints, though their balls differ in the last bits; raises NoValue when the ball is too wide."""
    parts: list[str] = []
    for part in (value.real, value.imag):
        if not part.is_finite() or not part.rad() < (1 + abs(part.mid())) * arb(2) ** -110:
            raise NoValue("a value that is not known well enough")
        # The offset keeps whole numbers and simple fractions away from where rounding would flip.
        shifted = (part.mid() * arb(2) ** 80 + arb(fmpq(37, 101))).floor().unique_fmpz()
        if shifted is None:
            raise NoValue("a value that is not known well enough")
        parts.append(str(shifted))
    return "/".join(parts)


def opaque(name: str, values: list[acb]) -> acb:
    """A value that depends on the name and the arguments' values and on nothing else."""
    text = name + "|" + "|".join(fingerprint(value) for value in values)
    drawn = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], "big")
    return acb(arb(fmpq(drawn, 1 << 127))) + acb(arb(fmpq(1, 7)))


def set_precision(bits: int) -> None:
    ctx.prec = bits
