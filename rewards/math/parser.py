r"""Tokens -> tree. A recursive-descent grammar of answers that must consume every token.

    answer   := item ((","|";"|and) item)*            item  := relation [unit words]
    relation := set (relop set)*                      set   := ratio ((\cup|\cap|\setminus) ratio)*
    ratio    := sum (":" sum)*

This is the upper half; sums and what they are made of are read by `arithmetic`.
"""

from __future__ import annotations

from rewards.math import nodes as n
from rewards.math.arithmetic import Arithmetic
from rewards.math.build import arrange, quantity
from rewards.math.lexer import Unreadable, lex

RELATIONS = {"le", "ge", "ne", "approx", "in", "to", "equiv", "cong", "sim", "mapsto", "subset", "subseteq", "parallel", "perp"}
_SET_OPS = {"cup", "cap", "setminus"}
_CONNECTIVES = {"wedge": "and", "land": "and", "vee": "or", "lor": "or"}
_CLOSERS = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}


class Parser(Arithmetic):
    """The upper half: lists, units, relations, sets, and what stands in brackets."""

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

    # -- brackets ------------------------------------------------------------------------------------------

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
