"""Inputs from generator scripts: which are kept and why the others are not; scripts run in the real sandbox."""

from __future__ import annotations

import importlib.util
import io
import zipfile

import pytest

from data_recipes.testcases import batch
from data_recipes.testcases.batch import Ran
from data_recipes.testcases.generate import Generated, generate, select
from openk15.errors import UserError
from rewards.sandbox import SlotSandbox


def made(*outputs: bytes | None) -> list[Ran]:
    return [Ran(output, "" if output is not None else "line 3: KeyError: 1") for output in outputs]


def test_inputs_are_kept_once_and_only_if_a_second_run_makes_them_again() -> None:
    first = made(b"1\n", b"2\n", b"1\n", None, b"5\n", b"\xff", b"a\0", b" \n")
    second = made(b"1\n", b"9\n", b"1\n", None, None, b"\xff", b"a\0", b" \n")
    assert select(first, second) == Generated(
        {1: b"1\n"},
        {
            2: "not repeatable: a second run with the same seed made another input",
            3: "the same input as case 1",
            4: "line 3: KeyError: 1",
            5: "not repeatable: a second run with the same seed made another input",
            6: "the input is not UTF-8 (byte 0)",
            7: "the input holds a NUL byte",
            8: "no input: nothing was printed and no .in file written",
        },
    )


def test_the_most_frequent_reason_comes_first() -> None:
    found = Generated({}, {1: "KeyError", 2: "the same input as case 1", 3: "the same input as case 2"})
    assert found.reasons == "2 x the same input as an earlier case; 1 x KeyError"


SCRIPTS = {
    "seeded": ("import random, sys\nprint(sys.argv[1:], random.randint(1, 10**9))", None),
    "file": ("import sys\nopen('case.in', 'w').write('in ' + sys.argv[1])\nprint('aside')", None),
    "fails at some": ("import sys\nprint(10 // (int(sys.argv[1]) - 2), sys.argv[1])", "line 2: ZeroDivisionError"),
    "not Python": ("print(1", "not Python: SyntaxError"),
    "unseeded": ("import os\nprint(os.urandom(8).hex())", "not repeatable"),
    "silent": ("x = 1", "no input: nothing was printed"),
    "too long": ("import sys\nprint(sys.argv[1] * 3000)", "more than 2 KiB were written"),
    "all cases at once": ("for i in range(3):\n    open(f'{i}.in', 'w').write('x')", "3 .in files were written; a run makes one case"),
    "exits": ("import sys\nsys.exit(3)", "exit: 3"),
    "endless": ("while True:\n    pass", "of CPU time"),
    "network": ("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)", "line 2:"),
}


def test_scripts_run_in_the_sandbox_and_every_failure_has_its_reason(box: SlotSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    short = batch.CaseLimits(cpu_seconds=1.0, space_mb=384, memory_mb=640, output_kb=2, all_cpu_seconds=20.0)
    monkeypatch.setattr("data_recipes.testcases.generate.CaseLimits", lambda **_: short)
    found = {name: generate(script, "p", 1 if name == "endless" else 3, box, input_kb=2) for name, (script, _) in SCRIPTS.items()}
    assert {name for name, one in found.items() if len(one.inputs) == 3} == {"seeded", "file"}
    assert found["file"].inputs[2] == b"in 2"
    assert len(found["fails at some"].inputs) == 2
    for name, (_, reason) in SCRIPTS.items():
        if reason is not None:
            assert reason in found[name].reasons, f"{name}: {found[name].reasons}"
    again = generate(SCRIPTS["seeded"][0], "p", 3, box)
    assert again == found["seeded"]
    assert generate(SCRIPTS["seeded"][0], "another problem", 3, box).inputs[1] != again.inputs[1]


def test_cyaron_can_be_imported_in_the_sandbox(box: SlotSandbox) -> None:
    script = """from cyaron import *
io = IO("case.in", disable_output=True)
io.input_writeln(5)
io.input_writeln(Graph.tree(5, weight_limit=9))
"""
    found = generate(script, "p", 3, box)
    assert found.failures == {}
    assert found.inputs[1].startswith(b"5\n")
    assert found.inputs[1].count(b"\n") == 5


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    batch.packages.cache_clear()
    monkeypatch.setattr(batch.PathFinder, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="the package 'cyaron' is not installed: pip install cyaron colorful xeger"):
        batch.packages()


def test_packages_are_found_also_when_this_process_has_imported_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cyaron")  # imports colorful, which takes its module's place by an object without __spec__
    with pytest.raises(ValueError, match="__spec__"):
        importlib.util.find_spec("colorful")
    batch.packages.cache_clear()
    with zipfile.ZipFile(io.BytesIO(batch.packages())) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"cyaron", "colorful", "xeger"}


def test_what_a_case_prints_as_if_it_were_the_runner_changes_no_other_case(box: SlotSandbox) -> None:
    forged = (
        "import os, sys\nif sys.argv[1] == '1':\n    os.write(1, b'[2, \"Zm9yZ2Vk\", null, 0.0]\\n')\nelse:\n    print('case', sys.argv[1])"
    )
    found = generate(forged, "p", 2, box)
    assert found.inputs == {1: b'[2, "Zm9yZ2Vk", null, 0.0]\n', 2: b"case 2\n"}
