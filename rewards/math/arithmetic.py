r"""Tokens -> tree, the lower half of the grammar: sums, products, factors, atoms. The upper half is `parser`.

    sum      := [sign] product (sign product)*
    product  := chain (("*"|"/"|\div|\mod) chain)*    chain := factor factor ...   (juxtaposed)
    factor   := atom postfix*

`a/bc` is a/(bc), but `1/2x` is (1/2)x: a fraction of two literals is a coefficient. Depth is bounded, so that no
text can exhaust the stack. Numerals, powers and names are never evaluated here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction

from rewards.math import nodes as n
from rewards.math.build import over, signed, times
from rewards.math.commands import ACCENTS, NAMED, command
from rewards.math.lexer import FUNCTIONS, Token, Unreadable

MAX_DEPTH = 48
_STARTS = (
    FUNCTIONS - {"mod"}
    | ACCENTS
    | NAMED
    | {"frac", "sqrt", "binom", "pi", "infty", "emptyset", "lfloor", "lceil", "lvert", "lVert", "langle", "sum", "prod", "int", "lim"}
    | {"begin", "mathbb", "mathcal", "mathfrak", "ldots", "hbar", "star"}
)


class Arithmetic(ABC):
    """Reads what adds, multiplies and applies; what stands in brackets is the upper half's."""

    def __init__(self, tokens: list[Token], functions: frozenset[str] = frozenset("fghFGH"), *, bars_open: bool = False):
        self.tokens = tokens
        self.at = 0
        self.functions = functions
        self.depth = 0
        self.bars = 0  # open | signs
        self.bars_open = bars_open  # the other way to read a | that could close or open
        self.in_integral = 0

    # -- tokens ------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else Token("end", "")

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def is_op(self, *values: str) -> bool:
        token = self.peek()
        return token.kind == "op" and token.value in values

    def is_cmd(self, *values: str) -> bool:
        token = self.peek()
        return token.kind == "cmd" and token.value in values

    def expect(self, *values: str) -> str:
        token = self.take()
        if token.kind == "op" and token.value in values:
            return token.value
        raise Unreadable(f"expected {' or '.join(values)}, found {token.value!r}")

    def deeper(self, rule: Callable[[], n.Node]) -> n.Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} deep")
        found = rule()
        self.depth -= 1
        return found

    # -- the upper half ------------------------------------------------------------------------------------

    @abstractmethod
    def item(self) -> n.Node:
        """One item of a list."""

    @abstractmethod
    def separator(self) -> str | None:
        """The joint between two items, consumed."""

    @abstractmethod
    def braced(self) -> n.Node:
        """A LaTeX group."""

    @abstractmethod
    def bracketed(self, left: str) -> n.Node:
        """What the bracket `left`, already taken, opens."""

    @abstractmethod
    def arguments(self) -> tuple[n.Node, ...]:
        """The arguments of a call that opens with a bracket."""

    # -- arithmetic ------------------------------------------------------------------------------------------

    def sign(self) -> str | None:
        if self.is_op("+", "-"):
            return self.take().value
        if self.is_cmd("pm", "mp"):
            return self.take().value
        return None

    def sum(self) -> n.Node:
        terms = [signed(self.sign(), self.product)]
        while (mark := self.sign()) is not None:
            terms.append(signed(mark, lambda: signed(self.sign(), self.product)))
        return n.Add(tuple(terms)) if len(terms) > 1 else terms[0]

    def product(self) -> n.Node:
        node = self.chain()
        while True:
            if self.is_op("*") or self.is_cmd("cdot", "times"):
                self.take()
                node = times(node, self.signed_chain())
            elif self.is_op("/"):
                self.take()
                literal = self.peek().kind == "num"
                divisor = self.signed_chain()
                node = over(node, divisor) if literal else n.Div(node, divisor)  # 1/(2x) says what it divides by
            elif self.is_cmd("div"):
                self.take()
                node = n.Div(node, self.signed_chain())
            elif self.is_cmd("mod"):
                self.take()
                node = n.Call("mod", (node, self.signed_chain()))
            else:
                return node

    def signed_chain(self) -> n.Node:
        return signed(self.sign(), self.chain)

    def opens_modulus(self) -> bool:
        """ "5 (mod 7)" says what pmod says; it multiplies nothing."""
        return self.is_op("(") and self.peek(1).kind == "cmd" and self.peek(1).value == "mod"

    def starts_factor(self) -> bool:
        token = self.peek()
        if self.opens_modulus():
            return False
        if token.kind == "sym":
            return True
        if token.kind == "num":
            return False  # two literals side by side are no product
        if token.kind == "cmd":
            return token.value in _STARTS
        if token.kind != "op":
            return False
        if token.value == "|":
            return not self.bars or self.bars_open
        return token.value in ("(", "[", "{", "\\{")

    def chain(self, *, stop_at_functions: bool = False) -> n.Node:
        """Juxtaposed factors; a whole number before a proper literal fraction is a mixed number."""
        factors = [self.mixed(self.factor())]
        while True:
            token = self.peek()
            if token.kind == "num" and isinstance(factors[-1], n.Num):
                save = self.at
                second = self.mixed(self.factor())
                if isinstance(second, n.Num) and self.at == save + 1:
                    self.at = save
                    break
                factors.append(second)
                continue
            if not self.starts_factor() and not (token.kind == "num" and not isinstance(factors[-1], n.Num)):
                break
            if stop_at_functions and token.kind == "cmd" and token.value in FUNCTIONS:
                break
            factors.append(self.mixed(self.factor()))
        if len(factors) == 1:
            return factors[0]
        return n.Mul(tuple(f.items[0] if isinstance(f, n.SetOf) and len(f.items) == 1 else f for f in factors))

    def mixed(self, node: n.Node) -> n.Node:
        r"""`2\frac{1}{2}` and `2 1/2`."""
        if not (isinstance(node, n.Num) and node.places is None and node.value.denominator == 1 and self.tokens[self.at - 1].kind == "num"):
            return node
        save = self.at
        part: n.Node | None = None
        if self.is_cmd("frac"):
            part = self.factor()
        elif (
            self.peek().kind == "num"
            and self.peek().spaced
            and self.peek(1) == Token("op", "/", self.peek(1).spaced)
            and self.peek(2).kind == "num"
        ):
            top, _, bottom = self.take(), self.take(), self.take()
            part = n.Div(n.Num(*top.value[:2]), n.Num(*bottom.value[:2]))
        if isinstance(part, n.Div) and isinstance(part.top, n.Num) and isinstance(part.bottom, n.Num):
            top, bottom = part.top.value, part.bottom.value
            if top.denominator == bottom.denominator == 1 and 0 < top < bottom:
                return n.Num(node.value + top / bottom)
        self.at = save
        return node

    def factor(self) -> n.Node:
        node = self.deeper(self.atom)
        while True:
            if self.is_op("^"):
                node = self.power(node)
            elif self.is_op("_"):
                node = self.subscript(node)
            elif self.is_op("!") and not (self.peek().spaced and self.peek(1).kind == "op" and self.peek(1).value == "="):
                self.take()
                node = n.Call("factorial", (node,))
            elif self.is_op("'"):
                self.take()
                if not isinstance(node, n.Sym):
                    raise Unreadable("a prime on what is no name")
                node = n.Sym(node.name + "'")
            elif self.is_op("%"):
                self.take()
                node = n.Percent(node)
            elif isinstance(node, n.Sym) and self.applies(node):
                node = n.Call(node.name, self.arguments())
            else:
                return node

    def applies(self, node: n.Sym) -> bool:
        return (self.is_op("(") or (self.is_op("{") and self.peek(1) == Token("op", "(", self.peek(1).spaced))) and node.name.rstrip(
            "'"
        ).partition("_")[0] in self.functions

    def power(self, base: n.Node) -> n.Node:
        self.take()
        if self.is_cmd("circ"):
            self.take()
            return n.Degree(base)
        if self.is_op("{") and self.peek(1) == Token("cmd", "circ", self.peek(1).spaced) and self.peek(2).value == "}":
            self.at += 3
            return n.Degree(base)
        if (self.is_op("{") and self.peek(1).value == "'") or self.is_op("'"):
            group = self.is_op("{")
            self.at += 1 if group else 0
            marks = 0
            while self.is_op("'"):
                self.take()
                marks += 1
            if group:
                self.expect("}")
            if isinstance(base, n.Sym):
                return n.Sym(base.name + "'" * marks)
            raise Unreadable("a prime on what is no name")
        exponent = self.exponent()
        if self.is_op("^"):
            exponent = self.power(exponent)
        return n.Pow(base, exponent)

    def exponent(self) -> n.Node:
        if self.is_op("-", "+"):
            return signed(self.take().value, self.exponent)
        return self.argument(whole_number=True)

    def subscript(self, base: n.Node) -> n.Node:
        self.take()
        if isinstance(base, n.Num):
            digits = self.tokens[self.at - 2].value[2] if self.tokens[self.at - 2].kind == "num" else ""
            sub = self.argument(whole_number=True)
            if digits.replace(".", "").isdigit() and isinstance(sub, n.Num) and sub.value.denominator == 1 and 2 <= sub.value <= 36:
                return n.Based(digits, int(sub.value))
            raise Unreadable("a numeral with a subscript that is no base")
        if self.peek().kind == "word":
            sub: n.Node = n.Words(self.take().value)
        elif self.is_op("{") and self.peek(1).kind == "word" and self.peek(2).value == "}":
            sub = n.Words(self.peek(1).value)
            self.at += 3
        else:
            sub = self.argument(whole_number=True)
        if not isinstance(base, n.Sym):
            raise Unreadable("a subscript on what is no name")
        if isinstance(sub, n.Words):
            return n.Sym(f"{base.name}_{sub.text}")
        if isinstance(sub, n.Num):
            return n.Sym(f"{base.name}_{sub.value}")
        return n.Index(base.name, sub)

    def argument(self, *, whole_number: bool = False) -> n.Node:
        r"""What a LaTeX command takes: a group, or one token; of a number one digit, as TeX does, unless `whole_number`."""
        if self.is_op("{"):
            return self.deeper(self.braced)
        token = self.peek()
        if token.kind == "num" and not whole_number and len(token.value[2]) > 1 and token.value[1] is None:
            digits: str = token.value[2]
            self.tokens[self.at] = Token("num", (Fraction(int(digits[1:])), None, digits[1:]))
            return n.Num(Fraction(int(digits[0])))
        if token.kind in ("num", "sym") or token.kind == "cmd" or (token.kind == "op" and token.value in ("(", "[", "|")):
            return self.deeper(self.atom)
        raise Unreadable(f"an argument is missing before {token.value!r}")

    # -- atoms ---------------------------------------------------------------------------------------------

    def atom(self) -> n.Node:
        token = self.take()
        if token.kind == "num":
            value, places, _ = token.value
            return n.Num(value, places)
        if token.kind == "sym":
            if self.in_integral and token.value == "d" and self.peek().kind == "sym":
                return n.Call("differential", (n.Sym(self.take().value),))
            if token.value in ("e", "i", "I"):
                return n.Const("e" if token.value == "e" else "i")
            return n.Sym(token.value)
        if token.kind == "cmd":
            return command(self, token.value)
        if token.kind == "op":
            if token.value in ("(", "[", "\\{"):
                return self.bracketed(token.value)
            if token.value == "{":
                self.at -= 1
                return self.braced()
            if token.value == "|":
                return self.absolute("|")
        raise Unreadable(f"no expression can start with {token.value!r}" if token.kind != "end" else "the answer ends in the middle")

    def absolute(self, closing: str) -> n.Node:
        self.bars += closing == "|"
        node = self.sum()
        self.bars -= closing == "|"
        if closing == "|":
            self.expect("|")
        elif not self.is_cmd(closing):
            raise Unreadable(f"expected \\{closing}")
        else:
            self.take()
        return n.Call("abs", (node,))
