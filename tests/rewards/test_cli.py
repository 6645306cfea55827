"""`rewards score` and its errors, and the help of every command, as a person meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openk15.errors import RunError, UserError
from rewards.cli import app, printable, stoppable
from rewards.intervals import Mean, Share
from rewards.partial import resumable_lines
from rewards.pool import RewardPool
from rewards.scoring import score_file

COMMANDS = ("list", "score", "bench", "audit", "serve", "doctor")


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def row(key: str, content: str, reference: str = "8") -> dict:
    return {"id": key, "response": f"\\boxed{{{content}}}", "answer": {"verifier": "number", "reference": reference}}


def test_score_writes_a_verdict_a_row_in_order_and_a_summary(tmp_path, capsys):
    rows = [row("a", "8"), row("b", "9"), row("c", "9", "eight"), {**row("d", ""), "response": "nothing"}]
    run("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "out.jsonl", "--workers", 1)
    found = read(tmp_path / "out.jsonl")
    assert [list(one) for one in found] == [["id", "status", "score", "extracted", "reason", "seconds", "verifier"]] * 4
    assert [one["id"] for one in found] == ["a", "b", "c", "d"]
    assert [one["score"] for one in found] == [1.0, 0.0, None, 0.0]
    said = capsys.readouterr().out
    assert "4 rows: correct 1, wrong 1, unparsed 1, timeout 0, error 1" in said
    assert "accuracy 33.3 % (6.1-79.2; 1 of 3), 95 % interval, without the errors" in said
    assert "error, 1 times: number@" in said
    assert "'eight'" in said


def test_rows_with_gold_take_the_verifier_and_the_parameters_of_the_command(tmp_path):
    rows = [{"id": 1, "response": "\\boxed{red}", "gold": "red"}, {"id": 2, "response": "\\boxed{green}", "gold": "red"}]
    options = ("--verifier", "choice", "--param", 'choices=["red", "blue"]', "--workers", 1)
    run("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "out.jsonl", *options)
    assert [one["status"] for one in read(tmp_path / "out.jsonl")] == ["correct", "unparsed"]


def test_the_commands_verifier_takes_the_place_of_the_rows_own_and_its_parameters_give_way(tmp_path):
    rows = [{"id": 1, "response": "\\boxed{red}", "answer": {"verifier": "number", "reference": "red", "choices": ["red"]}}]
    options = ("--verifier", "choice", "--param", 'choices=["blue"]', "--workers", 1)
    run("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "out.jsonl", *options)
    assert read(tmp_path / "out.jsonl")[0]["status"] == "correct"


def test_text_that_no_utf8_can_carry_is_judged_and_written(tmp_path):
    rows = ['{"id": "\\ud800", "response": "\\\\boxed{\\ud83d}", "answer": {"verifier": "number", "reference": 8}}']
    run("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "out.jsonl", "--workers", 1)
    found = read(tmp_path / "out.jsonl")[0]
    assert (found["id"], found["status"], found["extracted"]) == ("\ud800", "unparsed", "\ud83d")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 1', r"in.jsonl:3: not a JSON object"),
        ("[1]", r"in.jsonl:3: expected a JSON object, got list; JSON lines hold one object a line, in no list"),
        ("[" * 100_000, r"in.jsonl:3: not a JSON object"),
        ('{"id": ' + "1" * 5000 + "}", r"in.jsonl:3: not a JSON object .*4300 digits"),
        ({"id": 1, "response": "x"}, r"in.jsonl:3: has neither an answer object nor gold; a row is"),
        ({"response": "x", "gold": "8"}, r"in.jsonl:3: no 'id'; a row is"),
        ({"id": 1, "response": "x", "gold": "8"}, r"in.jsonl:3: has gold but names no verifier; give --verifier NAME"),
        ({**row("a", "8"), "gold": "8"}, r"in.jsonl:3: has both answer and gold"),
        ({**row("a", "8"), "response": 3}, r"in.jsonl:3: response must be text, got int"),
        ({**row("a", "8"), "id": None}, r"in.jsonl:3: id must be text or an integer, got None"),
        ({**row("a", "8"), "answer": "8"}, r"in.jsonl:3: answer must be an object"),
        ({**row("a", "8"), "answer": {"reference": "8"}}, r"in.jsonl:3: no 'verifier'"),
        ({**row("a", "8"), "answer": {"verifier": "nmber"}}, r"in.jsonl:3: .*did you mean 'number'"),
    ],
)
def test_a_bad_row_is_named_by_its_line_before_anything_is_judged(tmp_path, line, message, monkeypatch):
    from rewards.pool import RewardPool

    monkeypatch.setattr(RewardPool, "stream", lambda *_: pytest.fail("judged"))
    source = write(tmp_path / "in.jsonl", row("first", "8"), "", line)
    with pytest.raises(UserError, match=message):
        run("score", source, "--out", tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--param", "tolerance"), r"--param tolerance: expected key=JSON"),
        (("--param", "unit=cm"), r"--param unit=cm: expected key=JSON"),
        (("--verifier", "nmber"), r"no verifier is called 'nmber'; did you mean 'number'"),
    ],
)
def test_bad_options_are_named(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        run("score", write(tmp_path / "in.jsonl", row("a", "8")), "--out", tmp_path / "out.jsonl", *options)


def test_the_input_is_not_written_over_and_a_folder_is_no_output(tmp_path):
    source = write(tmp_path / "in.jsonl", row("a", "8"))
    with pytest.raises(UserError, match="is the input"):
        run("score", source, "--out", source)
    with pytest.raises(UserError, match="is a folder"):
        run("score", source, "--out", tmp_path)
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        run("score", tmp_path / "none.jsonl", "--out", tmp_path / "out.jsonl")


def test_a_file_without_rows_and_a_place_that_cannot_be_written_are_the_callers_to_mend(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(UserError, match=r"empty\.jsonl: holds no row; a row is"):
        run("score", empty, "--out", tmp_path / "out.jsonl", "--workers", 1)
    source = write(tmp_path / "in.jsonl", row("a", "8"))
    with pytest.raises(UserError, match=r"cannot be written: .*; --out names a place that can be written"):
        run("score", source, "--out", empty / "out.jsonl", "--workers", 1)


def test_latin_1_text_is_told_its_encoding(tmp_path):
    source = tmp_path / "latin.jsonl"
    source.write_bytes('{"id": "a", "response": "café", "gold": "8"}'.encode("latin-1"))
    with pytest.raises(UserError, match=r"latin\.jsonl:1: .*; save it as UTF-8 text"):
        run("score", source, "--out", tmp_path / "out.jsonl", "--verifier", "number")


def test_a_full_disk_is_one_line_and_leaves_no_half_file(tmp_path, monkeypatch):
    import errno
    import os

    import rewards.partial

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(rewards.partial, "write_row", full)
    with pytest.raises(RunError, match=r"out\.jsonl: cannot be written: No space left on device"):
        run("score", write(tmp_path / "in.jsonl", row("a", "8")), "--out", tmp_path / "out.jsonl", "--workers", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.fixture
def stop_after(monkeypatch):
    """Judges as many rows and is then interrupted; the list says which responses were judged."""
    from rewards.pool import RewardPool

    judged: list[str] = []
    stream = RewardPool.stream

    def stopped(count: int | None):
        def some(pool, items):
            def counted():
                for response, answer in items:
                    judged.append(response)
                    yield response, answer

            for at, verdict in enumerate(stream(pool, counted())):
                if at == count:
                    raise KeyboardInterrupt
                yield verdict

        judged.clear()
        monkeypatch.setattr(RewardPool, "stream", some)
        return judged

    return stopped


def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path, stop_after, capsys):
    rows = [row(str(at), str(at)) for at in range(1, 11)]
    command = ("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "out.jsonl", "--workers", 1)
    stop_after(4)
    run(*command)
    assert "the same command goes on where it was" in capsys.readouterr().err
    (part,) = tmp_path.glob(".out.jsonl.*.part")
    assert len(read(part)) == 4
    assert not (tmp_path / "out.jsonl").exists()
    with part.open("a") as handle:
        handle.write('{"id": "5", "status": "wro')  # a kill leaves half a row
    judged = stop_after(None)
    run(*command)
    assert judged == [f"\\boxed{{{at}}}" for at in range(5, 11)]
    assert [(one["id"], one["status"]) for one in read(tmp_path / "out.jsonl")] == [
        (str(at), "correct" if at == 8 else "wrong") for at in range(1, 11)
    ]
    assert "10 rows: correct 1, wrong 9" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_errors_of_a_stopped_run_are_judged_again_and_other_rows_begin_anew(tmp_path, stop_after):
    source = write(tmp_path / "in.jsonl", row("a", "8"), row("b", "8", "eight"), row("c", "8"), row("d", "8"))
    command = ("score", source, "--out", tmp_path / "out.jsonl", "--workers", 1)
    stop_after(3)
    run(*command)
    judged = stop_after(3)
    run(*command)
    assert len(judged) == 3
    stop_after(1)
    run(*command)
    write(source, row("e", "9"), row("f", "8"))
    stop_after(None)
    run(*command)
    assert [one["id"] for one in read(tmp_path / "out.jsonl")] == ["e", "f"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_what_dead_processes_left_behind_goes_and_what_a_living_one_writes_stays(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".out.jsonl.{dead.pid}.tmp").write_text("{}\n")
    (tmp_path / ".out.jsonl.1.tmp").write_text("{}\n")
    (tmp_path / ".out.jsonl.0123456789abcdef.part").write_text("{}\n")
    (tmp_path / ".other.jsonl.0123456789abcdef.part").write_text("{}\n")
    run("score", write(tmp_path / "in.jsonl", row("a", "8")), "--out", tmp_path / "out.jsonl", "--workers", 1)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"in.jsonl", "out.jsonl", ".out.jsonl.1.tmp", ".other.jsonl.0123456789abcdef.part"}


def test_two_processes_do_not_write_the_same_rows(tmp_path):
    with (
        resumable_lines(tmp_path / "out.jsonl", "key", lambda _: True),
        pytest.raises(UserError, match="another process is writing these very rows"),
        resumable_lines(tmp_path / "out.jsonl", "key", lambda _: True),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_request_to_end_is_an_interrupt_and_the_handler_before_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), stoppable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_file_of_errors_alone_is_no_success(tmp_path):
    rows = [row("a", "8", "eight"), row("b", "8", "nine")]
    with pytest.raises(UserError, match=r"every row is an error, the first: number@.*'eight'.*; see .*out\.jsonl"):
        run("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "out.jsonl", "--workers", 1)
    assert [one["status"] for one in read(tmp_path / "out.jsonl")] == ["error", "error"]


def test_a_misspelt_parameter_of_the_command_is_named_before_anything_is_judged(tmp_path):
    rows = [{"id": 1, "response": "3", "gold": "3"}]
    with pytest.raises(UserError, match="relaxed: param 'tolerence' is not known here; did you mean 'tolerance'"):
        run("score", write(tmp_path / "in.jsonl", *rows), "--out", tmp_path / "o", "--verifier", "relaxed", "--param", "tolerence=1")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_a_working_example(command):
    shown = CliRunner().invoke(app, [command, "--help"]).output
    assert f"rewards {command}" in shown.partition("Example:")[2]


def test_the_doctor_names_languages_and_the_sandbox(capsys):
    run("doctor")
    said = capsys.readouterr().out
    assert re.search(r"languages:.*python", said, re.DOTALL)
    assert "sandbox" in said


def test_the_package_is_light():
    heavy = ("torch", "ray", "scipy", "numpy", "fastapi", "rich.progress", "matplotlib")
    script = f"import rewards, rewards.pool, rewards.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shares_and_means_carry_their_intervals():
    from scipy.stats import binomtest

    for count, n in ((0, 10), (3, 10), (10, 10), (117, 4000)):
        expected = binomtest(count, n).proportion_ci(method="wilson")
        assert Share(count, n).interval == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert str(Share(12, 1000)) == "1.2 % (0.7-2.1; 12 of 1000)"
    assert str(Share(0, 0)) == "- (0 of 0)"
    with pytest.raises(ValueError, match="got 3 of 2"):
        Share(3, 2)
    mean = Mean()
    assert mean.interval == (0.0, 1.0)
    for score in (0.25, 0.75, 0.5, 0.5):
        mean.add(score)
    assert mean.value == 0.5
    assert mean.interval == pytest.approx((0.5 - 1.96 * 0.2041 / 2, 0.5 + 1.96 * 0.2041 / 2), abs=1e-3)


def test_what_a_terminal_acts_on_is_not_printed():
    assert printable("a\x1b[31m\nb\u202ec\ud800") == "a [31m b c "


def test_rows_of_a_pipe_do_not_go_on_from_a_stopped_run_that_had_the_same_process_number(tmp_path):
    out, pipe = tmp_path / "out.jsonl", tmp_path / "pipe"
    left = {"id": "z", "status": "correct", "score": 1.0, "extracted": "8", "reason": "equal", "seconds": 0.0, "verifier": "number@3"}
    write(tmp_path / f".out.jsonl.{os.getpid()}.part", json.dumps(left) + "\n")
    os.mkfifo(pipe)
    writer = threading.Thread(target=write, args=(pipe, row("a", "9"), row("b", "8")))
    writer.start()
    summary = score_file(pipe, out, RewardPool())
    writer.join()
    assert [(one["id"], one["status"]) for one in read(out)] == [("a", "wrong"), ("b", "correct")]
    assert summary.kept == 0
    assert [path.name for path in tmp_path.glob(".*")] == []
