"""Runs inside a sandbox of its own, with the tests and without the program. Standard library only; its text is sent.

The tests' code runs here against stand-ins. What they ask of the program (call this, read that attribute) is an
*operation*; the judge has the program do the operations in its own sandbox and brings the results back as plain data.
The tests then run again from the start, with the results at hand: so long as they ask the same, they get the same.

In (TASK, one JSON object): {"source", "setup", "entry", "objects", "ops", "answers"}: the operations asked so far and
the results of the first len(answers) of them. Out (one JSON line): {"state", "reason", "ops", "keep"}:

    pass, fail   every operation had its result, and this is what the tests say of them
    more         results are missing: do `ops`; the first `keep` of them are as before
    died         the tests wait for an operation at which the program died
    broken       the tests themselves cannot be run

A result that is missing stands in as `Later`: it may be passed on to further operations, and whatever would look at
it ends the assert it stands in, so that one round finds all calls that do not hang on each other's results. What was
asked on a wrong guess is found out in the next round, because only a run in which nothing is missing decides.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from rewards.code.child import decode, encode, private_stdout

# --- from here on the text is sent ---

MAX_OPS = 10_000
# Modules that tests use without importing them; a name that is called directly is the program's.
_MODULES = (
    "bisect cmath collections copy datetime decimal fractions functools heapq itertools json math operator random re statistics string sys"
)
MODULES = frozenset(_MODULES.split())


class Pending(BaseException):
    """The tests looked at a result that is not here yet."""


class Died(BaseException):
    """The tests came to an operation at which the program died."""


class Broken(BaseException):
    """The tests cannot be run; the message says why."""


class ProgramError(Exception):
    """The program raised an exception of a class that is not built in."""


class Later:
    """The result of an operation that has not been done."""

    def __init__(self, session: Session, number: int):
        object.__setattr__(self, "_at", (session, number))

    def __getattr__(self, name: str) -> Any:
        session, number = object.__getattribute__(self, "_at")
        if name.startswith("__"):
            raise Pending
        return session.ask("get", {"h": number}, name)

    def __setattr__(self, name: str, value: Any) -> None:
        session, number = object.__getattribute__(self, "_at")
        session.ask("set", {"h": number}, name, (value,))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        session, number = object.__getattribute__(self, "_at")
        return session.ask("call", {"h": number}, None, args, kwargs)

    @property
    def __class__(self):  # pyright: ignore[reportIncompatibleMethodOverride]  # isinstance looks at the result too
        raise Pending


def _look(*_args: Any, **_kwargs: Any) -> Any:
    raise Pending


_DUNDERS = (
    "eq ne lt le gt ge bool hash len iter next getitem setitem delitem contains add radd sub rsub mul rmul truediv rtruediv floordiv "
    "rfloordiv mod rmod pow rpow and rand or ror xor rxor lshift rshift neg pos abs invert int float complex index round str repr format "
    "bytes enter exit reversed divmod rdivmod matmul trunc floor ceil dir"
)
for _name in _DUNDERS.split():
    setattr(Later, f"__{_name}__", _look)


class Handle:
    """An object that lives in the program's process. It equals nothing but itself: its own word is not taken for it."""

    def __init__(self, session: Session, number: int, kind: str):
        object.__setattr__(self, "_at", (session, number, kind))

    def __getattr__(self, name: str) -> Any:
        session, number, kind = object.__getattribute__(self, "_at")
        if name.startswith("__"):
            raise AttributeError(f"{kind} object: {name} is not asked of the program's own objects")
        return session.ask("get", {"h": number}, name)

    def __setattr__(self, name: str, value: Any) -> None:
        session, number, _ = object.__getattribute__(self, "_at")
        session.ask("set", {"h": number}, name, (value,))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        session, number, _ = object.__getattribute__(self, "_at")
        return session.ask("call", {"h": number}, None, args, kwargs)

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_at')[2]} object>"


class Refused:
    """A result that is not plain data, from a function that should give plain data. Whatever looks at it fails."""

    def __init__(self, kind: str):
        object.__setattr__(self, "_kind", kind)

    def __getattr__(self, name: str) -> Any:
        _refuse(self)


def _refuse(thing: Any, *_args: Any, **_kwargs: Any) -> Any:
    raise TypeError(f"the program returned a {object.__getattribute__(thing, '_kind')}, which is not plain data")


for _name in _DUNDERS.split():
    setattr(Refused, f"__{_name}__", _refuse)


class Remote:
    """A name of the program's."""

    def __init__(self, session: Session, path: str):
        self.__dict__["_at"] = (session, path)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        session, path = self.__dict__["_at"]
        return session.ask("call", {"n": path}, None, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        session, path = self.__dict__["_at"]
        return session.ask("get", {"n": path}, name)


class Session:
    """The operations of one test, in the order they are asked."""

    def __init__(self, ops: list[Any], answers: list[Any], objects: bool):
        self.ops, self.answers, self.objects = ops, answers, objects
        self.keep = len(answers)
        self.at = 0
        self.missing = self.died = False
        self.broken = ""

    def refer(self, value: Any) -> Any:
        kind = type(value)
        if kind is Later or kind is Handle:
            return {"h": object.__getattribute__(value, "_at")[1]}
        if kind is Remote:
            return {"n": value.__dict__["_at"][1]}
        return None

    def send_in(self, value: Any) -> Any:
        tag = encode(value, self.refer)
        if (kind := _opaque(tag)) is not None:
            if kind.endswith(".Refused"):
                raise TypeError("what the program returned is not plain data")
            self.broken = f"a test passes the program a {kind}, which is not plain data"
            raise Broken(self.broken)
        return tag

    def ask(self, kind: str, target: Any, attribute: str | None, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        if self.died:
            raise Died
        number, self.at = self.at, self.at + 1
        if number >= MAX_OPS:
            self.broken = f"the tests ask for more than {MAX_OPS} operations"
            raise Broken(self.broken)
        op = [kind, target, attribute, [self.send_in(arg) for arg in args], {key: self.send_in(kwargs[key]) for key in kwargs}]
        if number < len(self.ops) and self.same(op, self.ops[number]):
            if number < len(self.answers):
                return self.result(number, op, args, kwargs)
        else:
            del self.ops[number:], self.answers[number:]
            self.keep = min(self.keep, number)
            self.ops.append(op)
        self.missing = True
        return Later(self, number)

    def same(self, op: Any, before: Any) -> bool:
        """Equal, when a result that was passed on before it was known counts as what it turned out to be."""
        return op == before or op == self.known(before)

    def known(self, tag: Any) -> Any:
        if type(tag) is list:
            return [self.known(item) for item in tag]
        if type(tag) is dict:
            number = tag.get("h")
            if type(number) is int and len(tag) == 1 and number < len(self.answers):
                answer = self.answers[number]
                return tag if answer[0] != "ok" or (type(answer[1]) is dict and "o" in answer[1]) else answer[1]
            return {key: self.known(item) for key, item in tag.items()}
        return tag

    def result(self, number: int, op: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        answer = self.answers[number]
        if answer[0] == "died":
            self.died = True
            raise Died
        if answer[0] == "raise":
            raise _raised(answer[1], answer[2])
        value, changed = answer[1], answer[2]
        for key, now in changed.items():
            _replace(args[int(key)] if key.isdigit() and int(key) < len(args) else kwargs.get(key), decode(now, self.deref))
        if type(value) is dict and "o" in value and (self.objects or self.made_by(op)):
            return Handle(self, number, value["o"])
        return decode(value, self.deref)

    def made_by(self, op: list[Any]) -> bool:
        """Objects come of calling a class (CapWords) and of what hangs on such an object; functions give plain data."""
        kind, target = op[0], op[1]
        if "n" in target:
            last = target["n"].rpartition(".")[2]
            return last[:1].isupper() or kind == "get"
        return kind == "get"

    def deref(self, tag: str, body: Any) -> Any:
        return Refused(body)


def _opaque(tag: Any) -> str | None:
    """The type of the first object that is not plain data; None when all is."""
    if type(tag) is dict and "o" in tag:
        return tag["o"]
    inner = tag if type(tag) is list else tag.values() if type(tag) is dict else ()
    return next((kind for kind in map(_opaque, inner) if kind is not None), None)


def _raised(kinds: list[str], message: str) -> Exception:
    import builtins

    for name in kinds:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            try:
                return kind(message)
            except TypeError:  # UnicodeDecodeError and its like want more
                continue
    return ProgramError(f"{kinds[0] if kinds else '?'}: {message}")


def _replace(thing: Any, now: Any) -> None:
    """Give the tests' own argument the content that the program left in it."""
    if type(thing) is not type(now):
        return
    if type(thing) is list:
        thing[:] = now
    elif type(thing) in (dict, set):
        thing.clear()
        thing.update(now)


class Names(dict[str, Any]):
    """The tests' namespace: their own names, then Python's, then the program's."""

    def __init__(self, session: Session, entry: str | None, called: set[str]):
        super().__init__(__name__="tests", __pending__=Pending)
        self.session, self.called = session, called
        self.entry = entry
        if entry and "." not in entry:
            self[entry] = Remote(session, entry)

    def __missing__(self, name: str) -> Any:
        import builtins
        import importlib

        if hasattr(builtins, name):
            raise KeyError(name)
        if name in MODULES and name not in self.called:
            return importlib.import_module(name)
        return Remote(self.session, name)


def prepare(source: str, name: str) -> tuple[Any, set[str]]:
    """Compile tests so that an assert that waits for a result does not stop those after it; and the names they call."""
    import ast

    class Wait(ast.NodeTransformer):
        def visit_Assert(self, node: ast.Assert) -> Any:
            handler = ast.ExceptHandler(type=ast.Name("__pending__", ast.Load()), name=None, body=[ast.Pass()])
            return ast.copy_location(ast.Try(body=[node], handlers=[handler], orelse=[], finalbody=[]), node)

    tree = ast.parse(source)
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return compile(ast.fix_missing_locations(Wait().visit(tree)), name, "exec"), called


def run_tests(task: Mapping[str, Any]) -> dict[str, Any]:
    """One round of one test; the dict that is sent back."""
    session = Session(task["ops"], task["answers"], task["objects"])
    try:
        setup, called_in_setup = prepare(task["setup"], "setup")
        tests, called = prepare(task["source"], "tests")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return {"state": "broken", "reason": f"the tests are not Python: {error}", "ops": [], "keep": 0}
    names = Names(session, task["entry"], called | called_in_setup)
    if "random" in task["source"] or "random" in task["setup"]:  # its import costs as much as a short run
        import random

        random.seed(0)
    failure = None
    try:
        exec(setup, names)
        if task["entry"]:
            entry = Remote(session, task["entry"])
            if "." not in task["entry"]:
                names[task["entry"]] = entry
            names.setdefault("candidate", entry)
        exec(tests, names)
        if task["entry"] and type(names.get("check")) is type(run_tests):  # the tests' own, not a program of that name
            names["check"](Remote(session, task["entry"]))
    except BaseException as error:
        failure = error
    if session.broken:
        state, reason = "broken", session.broken
    elif session.missing:
        state, reason = "more", ""
    elif session.died:
        state, reason = "died", ""
    elif not session.at:
        why = f" ({type(failure).__name__}: {failure})" if failure is not None else ""
        state, reason = "broken", f"the tests ask nothing of the program{why}"
    elif failure is not None:
        line, walk = 0, failure.__traceback__
        while walk is not None:
            if walk.tb_frame.f_code.co_filename in ("tests", "setup"):
                line = walk.tb_lineno
            walk = walk.tb_next
        what = "an assertion fails" if isinstance(failure, AssertionError) else f"{type(failure).__name__}: {str(failure)[:120]}"
        state, reason = "fail", f"line {line} of the test: {what}"
    else:
        state, reason = "pass", ""
    # The results so far are the judge's own; only what to do next goes back.
    return {"state": state, "reason": reason, "ops": session.ops if state == "more" else [], "keep": session.keep}


def main() -> None:
    task = json.loads(globals()["TASK"])
    send = private_stdout()
    send(run_tests(task))
    os._exit(0)
