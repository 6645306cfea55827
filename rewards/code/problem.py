"""What an `Answer` of the `code` verifier says, read and checked.

In: an Answer's parameters (JSON). Out: a frozen `Problem`. Every mistake is a ValueError that names the key and the
value: a test that cannot be read is the data's fault and never a program's.

    {"language": "python",                    any name of languages.py; python when absent
     "tests": [                               at least one, here or in test_list or test_code
       {"stdin": "1 2\n", "stdout": "3\n"},   a run of the whole program
       {"call": "add", "args": [1, 2], "kwargs": {}, "expected": 3},     Python only; "call" defaults to entry_point
       {"assert": "assert add(1, 2) == 3"}],  Python only; any statements
     "test_list": ["assert ..."],             the same as {"assert": ...} each (MBPP)
     "test_code": "def check(candidate): ...",  one more test (HumanEval)
     "test_setup": "import math",             run before each assert test, on the tests' side
     "entry_point": "add",                    the function under test; "Solution.add" for a method
     "prelude": "from typing import List\n",  put before the program: imports, a prompt to be completed
     "objects": false,                        true: functions may return objects of the program's own classes
     "checker": "...", or {"language", "source"},   a special judge for the stdin tests
     "compare": "lines",                      or {"mode", "abs_tol", "rel_tol", "of"}; also per test
     "partial": false,                        true: the score is the share of tests passed
     "limits": {"cpu_seconds": 5},            any of rewards.sandbox.job.Limits
     "in_process": false,                     true: allow asserts in other languages than Python, which a program can fake
     "image": "host"}
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from rewards.code.compare import Compare, Mode
from rewards.code.languages import language_of
from rewards.sandbox.job import Limits
from rewards.verdict import Answer

# Per test of a Python program. Wall time is a net for programs that wait, so it is far above the CPU time: a busy
# machine must not change a verdict.
LIMITS = Limits(wall_seconds=20.0, cpu_seconds=5.0)
KEYS = (
    "language", "tests", "test_list", "test_code", "test_setup", "entry_point", "prelude", "objects", "checker",
    "compare", "partial", "limits", "in_process", "image",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunTest:
    """The whole program reads `stdin` and prints `stdout` (None where only a checker decides)."""

    stdin: bytes
    stdout: bytes | None
    compare: Compare


@dataclass(frozen=True, slots=True)
class CallTest:
    """A call of the program's function gives `expected`, which never enters the program's process."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    expected: Any
    compare: Compare


@dataclass(frozen=True, slots=True)
class AssertTest:
    """Statements that raise unless the program is right; they run apart from the program."""

    source: str


Test = RunTest | CallTest | AssertTest


@dataclass(frozen=True, slots=True)
class Checker:
    language: str
    source: str


@dataclass(frozen=True, slots=True)
class Problem:
    language: str
    tests: tuple[Test, ...]
    setup: str = ""
    entry: str | None = None
    prelude: str = ""
    objects: bool = False
    checker: Checker | None = None
    partial: bool = False
    limits: Limits = LIMITS
    image: str = "host"

    @property
    def name(self) -> str | None:
        """What the program must define, as far as the answer says."""
        if self.entry:
            return self.entry
        return next((test.name for test in self.tests if isinstance(test, CallTest)), None)


def read_problem(answer: Answer) -> Problem:
    params = answer.params
    for key in params:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, n=1)
            raise ValueError(f"answer has no key {key!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(KEYS)}"))
    language = language_of(_text(params, "language", "python"))
    entry = _text(params, "entry_point", "") or None
    output_compare = Compare.read(params.get("compare"), Compare())
    value_compare = Compare.read(params.get("compare"), Compare(Mode.EXACT))
    checker = _checker(params.get("checker"))
    rows = params.get("tests")
    if rows is None:
        rows = answer.reference if isinstance(answer.reference, list) else []
    if not isinstance(rows, list | tuple):
        raise ValueError(f"tests must be a list, got {type(rows).__name__}")
    tests = [_test(row, f"tests[{number}]", entry, output_compare, value_compare, checker) for number, row in enumerate(rows)]
    listed = params.get("test_list", [])
    if not isinstance(listed, list | tuple):
        raise ValueError(f"test_list must be a list of texts, got {type(listed).__name__}")
    for number, row in enumerate(listed):
        if not isinstance(row, str):
            raise ValueError(f"test_list[{number}] must be text, got {type(row).__name__}")
        tests.append(AssertTest(row))
    if code := _text(params, "test_code", ""):
        tests.append(AssertTest(code))
    if not tests:
        raise ValueError("the answer has no tests: a program that need pass nothing cannot be judged")
    _check_kinds(language, tests, params.get("in_process", False))
    if checker is not None and not all(isinstance(test, RunTest) for test in tests):
        raise ValueError("a checker serves stdin tests only")
    return Problem(
        language,
        tuple(tests),
        _text(params, "test_setup", ""),
        entry,
        _text(params, "prelude", ""),
        _flag(params, "objects"),
        checker,
        _flag(params, "partial"),
        _limits(params.get("limits")),
        _text(params, "image", "host"),
    )


def _text(params: Mapping[str, Any], key: str, default: str) -> str:
    value = params.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text, got {value!r:.80}")
    return value


def _flag(params: Mapping[str, Any], key: str) -> bool:
    value = params.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false, got {value!r:.80}")
    return value


def _checker(value: Any) -> Checker | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = {"source": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("source"), str) or set(value) - {"language", "source"}:
        raise ValueError("checker must be a program's text or {language, source}")
    return Checker(language_of(_text(value, "language", "python")), value["source"])


def _test(row: Any, where: str, entry: str | None, outputs: Compare, values: Compare, checker: Checker | None) -> Test:
    if not isinstance(row, Mapping):
        raise ValueError(f"{where} must be a mapping, got {type(row).__name__}")
    if "assert" in row:
        _only(row, {"assert"}, where)
        return AssertTest(_text(row, "assert", ""))
    if "stdout" in row or "stdin" in row:
        _only(row, {"stdin", "stdout", "compare"}, where)
        stdout = row.get("stdout")
        if stdout is None and checker is None:
            raise ValueError(f"{where} has no stdout")
        if stdout is not None and not isinstance(stdout, str):
            raise ValueError(f"{where}.stdout must be text, got {stdout!r:.80}")
        try:
            right = None if stdout is None else stdout.encode()
            return RunTest(_text(row, "stdin", "").encode(), right, Compare.read(row.get("compare"), outputs))
        except UnicodeEncodeError:
            raise ValueError(f"{where}: text with half a surrogate pair cannot be fed to a program") from None
    if "expected" in row:
        _only(row, {"call", "args", "kwargs", "expected", "compare"}, where)
        name = row.get("call", entry)
        if not isinstance(name, str) or not name:
            raise ValueError(f"{where} names no function: give call, or entry_point for all tests")
        args, kwargs = row.get("args", []), row.get("kwargs", {})
        if not isinstance(args, list | tuple) or not isinstance(kwargs, Mapping):
            raise ValueError(f"{where}: args must be a list and kwargs a mapping")
        return CallTest(name, tuple(args), kwargs, row["expected"], Compare.read(row.get("compare"), values))
    raise ValueError(f"{where} is none of {{stdin, stdout}}, {{call, args, expected}}, {{assert}}: it has {sorted(map(str, row))}")


def _only(row: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := set(row) - known:
        raise ValueError(f"{where} has unknown keys {sorted(map(str, unknown))}; known: {', '.join(sorted(known))}")


def _check_kinds(language: str, tests: list[Test], in_process: Any) -> None:
    if language == "python":
        return
    if any(isinstance(test, CallTest) for test in tests):
        raise ValueError(f"call tests are for Python; test a {language} program by stdin and stdout")
    if any(isinstance(test, AssertTest) for test in tests) and in_process is not True:
        raise ValueError(
            f"asserts in {language} run in the program's own process, where a program can fake them: test by stdin and stdout, "
            "or set in_process for programs that nobody rewards"
        )


def _limits(value: Any) -> Limits:
    if value is None:
        return LIMITS
    known = {field.name: field.type for field in fields(Limits)}
    if not isinstance(value, Mapping):
        raise ValueError(f"limits must be a mapping, got {value!r:.80}")
    for key, number in value.items():
        if key not in known:
            raise ValueError(f"limits has no key {key!r}; known: {', '.join(known)}")
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < 1e9:
            raise ValueError(f"limits.{key} must be a positive number, got {number!r}")
        if known[key] == "int" and number != int(number):
            raise ValueError(f"limits.{key} must be a whole number, got {number!r}")
    given = {key: int(number) if known[key] == "int" else float(number) for key, number in value.items()}
    limits = replace(LIMITS, **given)
    if "cpu_seconds" in given and "wall_seconds" not in given:
        limits = replace(limits, wall_seconds=max(LIMITS.wall_seconds, 4 * limits.cpu_seconds))
    return limits
