from __future__ import annotations

import pickle
import sys

import pytest

from openk15.cli import main, new_app
from openk15.errors import DeadlineError, GateError, GuardError, OpenK15Error, RunError, UserError

CODES = {UserError: 2, GateError: 3, RunError: 1, GuardError: 1, DeadlineError: 1, OpenK15Error: 1}


def run_command(monkeypatch: pytest.MonkeyPatch, raised: BaseException | None, arguments: list[str] | None = None) -> int:
    app = new_app("A command for a test.")

    @app.callback(invoke_without_command=True)
    def command(count: int = 0) -> None:
        if raised is not None:
            raise raised
        print("done", count)

    monkeypatch.setattr(sys, "argv", ["ignored", *(arguments or ["--count", "3"])])
    with pytest.raises(SystemExit) as caught:
        main(app, "tool")
    return int(caught.value.code or 0)


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.__name__)
def test_error_crosses_a_process_border_whole(kind: type[OpenK15Error]) -> None:
    copy = pickle.loads(pickle.dumps(kind("run.yaml: key 'seed': got 'x'")))
    assert type(copy) is kind
    assert str(copy) == "run.yaml: key 'seed': got 'x'"
    assert copy.exit_code == CODES[kind]


def test_bad_input_is_a_value_error_to_callers_of_the_library() -> None:
    assert issubclass(UserError, ValueError)


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.__name__)
def test_command_ends_with_one_line_and_the_code_of_its_error(
    kind: type[OpenK15Error], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENK15_TRACEBACK", raising=False)
    assert run_command(monkeypatch, kind("a.yaml: bad\n  value 3")) == CODES[kind]
    captured = capsys.readouterr()
    assert captured.err == "tool: error: a.yaml: bad value 3\n"
    assert captured.out == ""


def test_traceback_is_shown_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OPENK15_TRACEBACK", "1")
    assert run_command(monkeypatch, UserError("bad")) == 2
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert error.endswith("tool: error: bad\n")


def test_command_that_works_ends_with_zero(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(monkeypatch, None) == 0
    assert capsys.readouterr().out == "done 3\n"


def test_interrupted_command_ends_with_130_and_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(monkeypatch, KeyboardInterrupt()) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_wrong_option_ends_with_two(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(monkeypatch, None, ["--cuont", "3"]) == 2
    assert "--cuont" in capsys.readouterr().err


def test_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        run_command_unwrapped(monkeypatch)


def run_command_unwrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    app = new_app("A command for a test.")

    @app.callback(invoke_without_command=True)
    def command() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sys, "argv", ["ignored", *[]])
    app(prog_name="tool", args=["--"], standalone_mode=True)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (FileExistsError(17, "File exists", "runs/a"), 2, "runs/a: File exists"),
        (NotADirectoryError(20, "Not a directory", "a/b"), 2, "a/b: Not a directory"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (OSError("odd"), 1, "odd"),
    ],
)
def test_what_the_file_system_refuses_is_one_line_that_names_the_path(
    raised: OSError, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENK15_TRACEBACK", raising=False)
    assert run_command(monkeypatch, raised) == code
    assert capsys.readouterr().err == f"tool: error: {said}\n"
