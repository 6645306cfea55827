r"""Normalised text -> tokens (kind, value, spaced). Linear in the text; refuses what is too long.

Kinds: num (Fraction, places, digits), sym (one letter or a Greek name), word (text that is no mathematics),
cmd (a known command or function name), op (one character), and (a word that joins answers).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, NamedTuple

from rewards.math.units import CHINESE_MAGNITUDES, CHINESE_UNITS, PLAIN_UNITS, is_symbol

MAX_TOKENS = 1200
MAX_DIGITS = 1000


class Unreadable(ValueError):
    """The text is not an answer that the grammar knows; the message says where it stopped."""


class Token(NamedTuple):
    kind: str
    value: Any
    spaced: bool = False  # white space stands before it


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = words_of("""
    sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc asin acos atan acot asec acsc sinh cosh tanh coth sech
    csch arcsinh arccosh arctanh arsinh arcosh artanh asinh acosh atanh ln log lg exp sqrt cbrt abs floor ceil gcd lcm max
    min det sgn sign Re Im arg binomial factorial gamma_function mod tg ctg cosec
""")
GREEK = words_of("""
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega Gamma
    Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar
""")
COMMANDS = words_of("""
    frac sqrt binom choose pm mp cdot times div mod pmod cup cap setminus in notin ni to mapsto le ge ne approx equiv cong
    sim infty pi emptyset lfloor rfloor lceil rceil lvert rvert lVert rVert langle rangle sum prod int lim begin end text
    mbox textbf textit textrm textnormal textsf texttt mathrm mathbf mathit mathsf mathcal mathbb mathfrak boldsymbol bold
    operatorname emph underline overline overrightarrow vec hat bar tilde angle triangle measuredangle parallel perp ldots
    circ boxed variable mid wedge vee partial quad qquad left right forall exists iff implies Rightarrow Leftrightarrow star
    prime stackrel overset underset not cancel nabla lbrack rbrack lbrace rbrace lparen rparen vert widehat dot ddot
    widetilde hspace color subset subseteq supset propto therefore because neg lnot oplus otimes
""")
_TEXTUAL = words_of("""
    text mbox textbf textit textrm textnormal textsf texttt emph mathrm mathbf mathit mathsf operatorname boldsymbol bold
""")
_KNOWN = FUNCTIONS | GREEK | COMMANDS | {"arccosh", "arctanh"}
_PLAIN = FUNCTIONS | {"pi", "infinity", "inf", "oo", "theta", "alpha", "beta", "gamma", "lambda", "omega", "phi", "mu", "sigma", "delta"}
_JOINS: dict[str, str] = dict.fromkeys(("and", "&", "和", "及", "与", "以及", "et", "y", "und"), "and")
_JOINS |= dict.fromkeys(("or", "或", "或者", "oder"), "or")
_UNIT_WORDS = PLAIN_UNITS
_DELIMITERS = {"lbrack": "[", "rbrack": "]", "lbrace": "\\{", "rbrace": "\\}", "lparen": "(", "rparen": ")", "vert": "|"}
_GLUED = re.compile(r"(or|and)(?=[A-Z]$)")
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<num>\d+(?:\.\d+)?(?:[eE][+-]?\d+(?![\d.]))?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|\\(?P<cmd>[a-zA-Z]+)"
    r"|\\(?P<esc>[^a-zA-Z])"
    r"|(?P<run>[A-Za-z]+)"
    r"|(?P<wide>[^\x00-\x7f]+)"
    r"|(?P<op>.)",
    re.DOTALL,
)
_SIGN_WORD = re.compile(r"(negative|minus)(?![a-z-])\s*", re.IGNORECASE)
_OPENING = {"le", "ge", "ne", "approx", "in", "cup", "equiv", "to"}
_LETTER_PREFIX = re.compile("(arcsin|arccos|arctan|sqrt|sin|cos|tan|cot|sec|csc|log|ln|exp|pi)(?=.)")


def number(text: str) -> Token:
    """A literal token; raises Unreadable when it is longer than any answer."""
    mantissa, mark, exponent = text.replace("E", "e").partition("e")
    if len(text) > MAX_DIGITS or (mark and abs(int(exponent)) > 4000):
        raise Unreadable(f"a number of more than {MAX_DIGITS} digits")
    whole, point, decimals = mantissa.partition(".")
    value = Fraction(int((whole or "0") + decimals), 10 ** len(decimals))
    if mark:
        value *= Fraction(10) ** int(exponent)
    return Token("num", (value, len(decimals) if point else None, mantissa if not mark else ""))


def _braced(text: str, at: int) -> tuple[str, int]:
    """Content of the group that opens at or after `at`, and where it ends; a single character if there is no brace."""
    while at < len(text) and text[at] == " ":
        at += 1
    if at >= len(text):
        return "", at
    if text[at] != "{":
        return text[at], at + 1
    depth, start = 0, at + 1
    for place in range(at, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if not depth:
                return text[start:place], place + 1
    raise Unreadable("a brace that never closes")


def _known(name: str) -> tuple[str, str]:
    """(the longest known command that `name` starts with, the rest): "\\quadx" is \\quad and x."""
    if name in _KNOWN:
        return name, ""
    for size in range(len(name) - 1, 1, -1):
        if name[:size] in _KNOWN:
            return name[:size], name[size:]
    raise Unreadable(f"unknown command \\{name}")


def lex(text: str, depth: int = 0) -> list[Token]:
    """Raises Unreadable for unknown commands, open braces, and more than MAX_TOKENS tokens."""
    tokens: list[Token] = []
    at, spaced = 0, False
    while at < len(text):
        if len(tokens) > MAX_TOKENS:
            raise Unreadable(f"more than {MAX_TOKENS} tokens")
        found = _TOKEN.match(text, at)
        assert found is not None
        at = found.end()
        kind, value = found.lastgroup, found.group(found.lastgroup or 0)
        if kind == "space":
            spaced = True
            continue
        if kind == "num":
            tokens.append(number(value)._replace(spaced=spaced))
        elif kind == "cmd":
            at = _command(text, at, found.group("cmd"), tokens, spaced, depth)
        elif kind == "esc":
            _escape(value, tokens, spaced)
        elif kind == "run":
            _run(value, tokens, spaced)
        elif kind == "wide":
            _wide(value, tokens, spaced)
        else:
            tokens.append(Token("op", value, spaced))
        spaced = False
    return tokens


def _command(text: str, at: int, name: str, tokens: list[Token], spaced: bool, depth: int) -> int:
    name, rest = _known(name)
    if rest:
        at -= len(rest)
    if name in ("quad", "qquad", "left", "right", "color", "underline", "cancel", "hspace"):
        return at
    if name in _TEXTUAL:
        content, at = _braced(text, at)
        if _is_formula(name, content) and depth < 4:
            whole = not tokens and not text[at:].strip()  # a list is none within braces
            inner = lex(content, depth + 1)
            tokens += inner if whole else [Token("op", "{", spaced), *inner, Token("op", "}")]
        else:
            _textual(name, content, tokens, spaced, depth)
        return at
    if name in ("boxed", "variable"):
        content, at = _braced(text, at)
        if depth > 8:
            raise Unreadable("boxes too deep")
        tokens += [Token("op", "{"), *lex(content, depth + 1), Token("op", "}")]
        return at
    if name in _DELIMITERS:
        tokens.append(Token("op", _DELIMITERS[name], spaced))
    elif name in GREEK:
        tokens.append(Token("sym", name, spaced))
    else:
        tokens.append(Token("cmd", {"cosec": "csc", "tg": "tan", "ctg": "cot"}.get(name, name), spaced))
    return at


_STARTS_FORMULA = re.compile(r"\s*(?:[-+]?\s*[\d\[|]|\\(?!text)|[A-Za-z]\s*=)")
_COUNTED = re.compile(r"[-+]?\d[\d.,]* [A-Za-z]{2}")  # 5 apples
_HAS_OPERATOR = re.compile(r"[\d^_=<>+\-*/|()\[\]\\]")


def _is_formula(name: str, content: str) -> bool:
    """Whether a command for letters' style holds more than letters: "\\mathbf{-x^2}". Units are upright, never bold: "\\mathrm{m/s}"."""
    if name in ("mathbf", "boldsymbol", "bold"):
        return len(content) > 1 and _HAS_OPERATOR.search(content) is not None
    return name in ("mathrm", "mathit", "mathsf") and _STARTS_FORMULA.match(content) is not None


def _textual(name: str, content: str, tokens: list[Token], spaced: bool, depth: int) -> None:
    stripped = " ".join(content.split())
    bare = stripped.strip(" .,;:")
    if not bare:
        if "," in stripped or ";" in stripped:
            tokens.append(Token("op", ",", spaced))
        return
    if bare.lower() in _JOINS:
        tokens.append(Token("and", _JOINS[bare.lower()], spaced))
    elif bare in FUNCTIONS or bare in ("arccosh", "arctanh"):
        tokens.append(Token("cmd", bare, spaced))
    elif (minus := _SIGN_WORD.match(bare)) and _may_be_signed(minus.group(1), tokens):
        tokens.append(Token("op", "-", spaced))
        _textual(name, bare[minus.end() :], tokens, spaced, depth)
    elif len(bare) == 1 and is_symbol(bare) and tokens and tokens[-1].kind == "num" and (spaced or content[0] == " "):
        tokens.append(Token("word", bare, spaced))  # a unit is set upright and apart from its number
    elif name in ("mathrm", "mathbf", "mathit", "mathsf", "boldsymbol", "bold", "operatorname") and len(bare) == 1 and bare.isalpha():
        tokens.append(Token("sym", bare, spaced))
    elif re.fullmatch(r"[-+]?[\d.,/:%() ]*\d[\d.,/:%() ]*", bare) or ((bare.startswith("\\") or _COUNTED.match(bare)) and depth < 4):
        tokens += lex(bare, depth + 1)
    else:
        for part in re.split(r"(?i)(?<![a-z])(and|or)(?![a-z])|([,;])", bare):
            word = (part or "").strip()
            if word.lower() in ("and", "or"):
                tokens.append(Token("and", word.lower(), spaced))
            elif word in (",", ";"):
                tokens.append(Token("op", word, spaced))
            elif word:
                tokens.append(Token("sym" if len(word) == 1 and word.isalpha() and word.isupper() else "word", word, spaced))


def _may_be_signed(word: str, tokens: list[Token]) -> bool:
    """Whether "negative" or "minus" is a sign here: "5 minus 3" is a difference, "5 negative" is nothing."""
    if word.lower() == "minus" or not tokens:
        return True
    last = tokens[-1]
    return last.kind == "and" or (last.kind == "op" and last.value in "([{,;=<>:+-*/&") or (last.kind == "cmd" and last.value in _OPENING)


def _escape(value: str, tokens: list[Token], spaced: bool) -> None:
    if value in "{}%|":
        tokens.append(Token("op", {"{": "\\{", "}": "\\}", "%": "%", "|": "|"}[value], spaced))
    elif value == "\\":
        tokens.append(Token("op", "\\\\", spaced))
    elif value in "#&_":
        tokens.append(Token("op", value, spaced))


def _run(run: str, tokens: list[Token], spaced: bool) -> None:
    """Letters that stand together: a function, a joining word, a unit after a number, variables, or a word."""
    lowered = run.lower()
    if run in _PLAIN:
        if run in ("infinity", "inf", "oo"):
            tokens.append(Token("cmd", "infty", spaced))
        elif run in GREEK:
            tokens.append(Token("sym", run, spaced))
        else:
            tokens.append(Token("cmd", run, spaced))
    elif lowered in ("and", "or"):
        tokens.append(Token("and", lowered, spaced))
    elif (
        tokens
        and tokens[-1].kind in ("num", "op")
        and tokens[-1].value not in ("(", "[", "{", "+", "-", "=", "/", "*", ",")
        and (run in _UNIT_WORDS or (lowered in _UNIT_WORDS and len(run) > 3))
    ):
        tokens.append(Token("word", run, spaced))
    elif lowered in ("negative", "minus") and _may_be_signed(run, tokens):
        tokens.append(Token("op", "-", spaced))
    elif glued := _GLUED.match(run):
        tokens.append(Token("and", glued.group(1), spaced))
        tokens.append(Token("sym", run[glued.end() :]))
    elif len(run) <= 4 or _LETTER_PREFIX.match(run):
        while run:
            prefix = _LETTER_PREFIX.match(run) if len(run) > 2 else None
            if prefix:
                tokens.append(Token("cmd", prefix.group(1), spaced))
                run = run[prefix.end() :]
                if len(run) > 4:
                    raise Unreadable(f"no variable or word of mathematics: {run[:20]!r}")
            else:
                tokens.append(Token("sym", run[0], spaced))
                run = run[1:]
            spaced = False
    else:
        tokens.append(Token("word", run, spaced))


def _wide(value: str, tokens: list[Token], spaced: bool) -> None:
    if value in _JOINS:
        tokens.append(Token("and", _JOINS[value], spaced))
    elif value[0] in CHINESE_UNITS or value[0] in CHINESE_MAGNITUDES or len(value) > 1:
        tokens.append(Token("word", value, spaced))
    else:
        tokens.append(Token("sym", value, spaced))
