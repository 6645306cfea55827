r"""Tokens -> tree. A recursive-descent grammar of answers that must consume every token.

    answer   := item ((","|";"|and) item)*            item  := relation [unit words]
    relation := set (relop set)*                      set   := ratio ((\cup|\cap|\setminus) ratio)*
    ratio    := sum (":" sum)*                        sum   := [sign] product (sign product)*
    product  := chain (("*"|"/"|\div|\mod) chain)*    chain := factor factor ...   (juxtaposed)
    factor   := atom postfix*

`a/bc` is a/(bc), but `1/2x` is (1/2)x: a fraction of two literals is a coefficient. Depth is bounded, so that no
text can exhaust the stack. Numerals, powers and names are never evaluated here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from rewards.math import nodes as n
from rewards.math.build import arrange, over, quantity, signed, times
from rewards.math.commands import ACCENTS, NAMED, command
from rewards.math.lexer import FUNCTIONS, Token, Unreadable, lex

MAX_DEPTH = 48
RELATIONS = {"le", "ge", "ne", "approx", "in", "to", "equiv", "cong", "sim", "mapsto", "subset", "subseteq", "parallel", "perp"}
_SET_OPS = {"cup", "cap", "setminus"}
_STARTS = (
    FUNCTIONS - {"mod"}
    | ACCENTS
    | NAMED
    | {"frac", "sqrt", "binom", "pi", "infty", "emptyset", "lfloor", "lceil", "lvert", "lVert", "langle", "sum", "prod", "int", "lim"}
    | {"begin", "mathbb", "mathcal", "mathfrak", "ldots", "hbar", "star"}
)
_CONNECTIVES = {"wedge": "and", "land": "and", "vee": "or", "lor": "or"}
_CLOSERS = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}


class Parser:
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

    # -- lists -------------------------------------------------------------------------------------------

    def answer(self) -> n.Node:
        node = self.sequence()
        if self.peek().kind != "end":
            raise Unreadable(f"stopped at {self.peek().value!r}")
        return node

    def separator(self) -> str | None:
        """The joint between two items, consumed: ",", ";", "and", "or"; ", and" is one joint, written ",and"."""
        found: str | None = None
        while True:
            token = self.peek()
            if token.kind == "and" or (token.kind == "cmd" and token.value in _CONNECTIVES):
                joint = _CONNECTIVES.get(token.value, token.value)
            elif token.kind == "op" and token.value in (",", ";", "\\\\"):
                joint = "," if token.value == "\\\\" else token.value
            else:
                return found
            word = joint in ("and", "or")
            if found is not None and not word and found == joint:
                raise Unreadable(f"two {joint!r} in a row")
            if found is None or ";" in (found, joint):
                found = ";" if found is not None else joint
            elif word:
                found = f",{joint}" if found.startswith(",") else joint
            else:
                found = f",{found.strip(',')}"
            self.take()

    def sequence(self) -> n.Node:
        items, joints = [self.item()], []
        while (joint := self.separator()) is not None:
            joints.append(joint)
            items.append(self.item())
        return arrange(items, joints)

    def item(self) -> n.Node:
        node = self.relation()
        words: list[str] = []
        while True:
            token = self.peek()
            if token.kind == "word":
                words.append(self.take().value)
                power = self.unit_power()
                if power:
                    words[-1] += power
            elif words and token.kind == "op" and token.value in ("/", "*") and self.peek(1).kind == "word":
                words.append(self.take().value)
            else:
                break
        return quantity(node, words) if words else node

    def unit_power(self) -> str:
        if not self.is_op("^"):
            return ""
        self.take()
        node = self.argument()
        if isinstance(node, n.Num) and node.value.denominator == 1:
            return f"^{node.value}"
        raise Unreadable("a unit with a power that is no whole number")

    # -- relations, sets, ratios ---------------------------------------------------------------------------

    def relop(self) -> str | None:
        token = self.peek()
        if token.kind == "cmd" and token.value in RELATIONS:
            self.take()
            return {"cong": "equiv", "sim": "equiv"}.get(token.value, token.value)
        if token.kind != "op":
            return None
        following = self.peek(1)
        equals = following.kind == "op" and following.value == "="
        if token.value in ("<", ">"):
            self.take()
            if equals:
                self.take()
                return "le" if token.value == "<" else "ge"
            return token.value
        if token.value == "=":
            self.take()
            if equals:
                self.take()
            return "="
        if token.value == "!" and equals and token.spaced:
            self.at += 2
            return "ne"
        if token.value == ":" and equals:
            self.at += 2
            return "="
        if token.value == "~":
            self.take()
            return "approx"
        return None

    def relation(self) -> n.Node:
        sides, ops = [self.setexpr()], []
        while (op := self.relop()) is not None:
            ops.append(op)
            sides.append(self.setexpr())
        if self.is_cmd("pmod"):
            self.take()
            ops.append("mod")
            sides.append(self.argument())
        elif self.opens_modulus():
            self.at += 2
            ops.append("mod")
            sides.append(self.sum())
            self.expect(")")
        return n.Rel(tuple(ops), tuple(sides)) if ops else sides[0]

    def setexpr(self) -> n.Node:
        node = self.deeper(self.ratio)
        while self.is_cmd(*_SET_OPS):
            op = self.take().value
            node = n.SetOp(op, node, self.deeper(self.ratio))
        return node

    def ratio(self) -> n.Node:
        sides = [self.sum()]
        while self.is_op(":") and not (self.peek(1).kind == "op" and self.peek(1).value == "="):
            self.take()
            sides.append(self.sum())
        return n.Ratio(tuple(sides)) if len(sides) > 1 else sides[0]

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

    def braced(self) -> n.Node:
        self.expect("{")
        if self.is_op("}"):
            self.take()
            return n.Words("")
        bars, self.bars = self.bars, 0
        node = self.sequence()
        if self.is_cmd("choose"):
            self.take()
            node = n.Call("binomial", (node, self.sequence()))
        self.bars = bars
        self.expect("}")
        return n.SetOf(node.items) if isinstance(node, n.Items) else node

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

    def bracketed(self, left: str) -> n.Node:
        if left == "\\{" and self.is_op("\\}", "}"):
            self.take()
            return n.SetOf(())
        bars, self.bars = self.bars, 0
        items, joints = [self.item()], []
        conditions: list[n.Node] = []
        while not self.is_op(")", "]", "\\}", "}"):
            if left == "\\{" and (self.is_cmd("mid") or self.is_op(":", "|")):
                self.take()
                conditions += self.conditions()
                continue
            joint = self.separator()
            if joint is None:
                raise Unreadable(f"stopped at {self.peek().value!r} inside {left}")
            joints.append(joint)
            items.append(self.item())
        right = self.take().value
        self.bars = bars
        if left == "\\{":
            if right not in ("\\}", "}"):
                raise Unreadable(f"{left} closed by {right}")
            if conditions:
                return n.Builder(items[0], tuple(conditions))
            inner = arrange(items, joints)
            if len(items) == 1 and isinstance(items[0], n.Ratio) and len(items[0].sides) == 2:
                head, condition = items[0].sides
                return n.Builder(head, (condition,))
            return n.SetOf(inner.items if isinstance(inner, n.Items) else (inner,))
        if right not in (")", "]"):
            raise Unreadable(f"{left} closed by {right}")
        if len(items) == 1:
            if _CLOSERS[left] != right:
                raise Unreadable(f"{left} closed by {right}")
            return items[0]
        return n.Bracket(left, right, tuple(items))

    def conditions(self) -> list[n.Node]:
        """What stands after "such that": all of what commas separate; "or" binds closer than a comma."""
        groups: list[tuple[list[n.Node], list[str]]] = [([self.item()], [])]
        while (joint := self.separator()) is not None:
            if "or" in joint or "and" in joint:
                groups[-1][0].append(self.item())
                groups[-1][1].append(joint.strip(","))
            else:
                groups.append(([self.item()], []))
        return [arrange(items, joints) for items, joints in groups]

    def arguments(self) -> tuple[n.Node, ...]:
        """The arguments of a call that opens with a bracket."""
        left = self.take().value
        if left == "{" and self.is_op("("):
            found = self.arguments()
            self.expect("}")
            return found
        bars, self.bars = self.bars, 0
        items = [self.item()]
        while self.separator() is not None:
            items.append(self.item())
        self.bars = bars
        self.expect(_CLOSERS[left], "}" if left == "\\{" else _CLOSERS[left])
        return tuple(items)


def parse(text: str, functions: frozenset[str] = frozenset("fghFGH")) -> n.Node:
    """The tree of a normalised answer. Raises Unreadable when any of it does not fit the grammar."""
    tokens = lex(text)
    if not tokens:
        raise Unreadable("nothing is written")
    bars = sum(token.kind == "op" and token.value == "|" for token in tokens)
    try:
        return Parser(list(tokens), functions).answer()
    except Unreadable:
        if bars < 4:
            raise
        return Parser(list(tokens), functions, bars_open=True).answer()
