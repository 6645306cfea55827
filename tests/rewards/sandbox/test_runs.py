"""Programs behave as they would outside, each limit has its own ending, and load changes no verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from openk15.errors import UserError
from rewards.sandbox import Ending, Job, Limits, RunResult, open_sandbox
from rewards.sandbox.endings import ending_of, make_result
from rewards.sandbox.stages import run_stages


def run(box, source, **kwargs) -> RunResult:
    return box.run(Job(python=source, **kwargs))


def test_input_output_and_exit_code(box):
    result = run(box, "n = int(input())\nprint(sum(map(int, input().split())) * n)\nexit(4)", stdin=b"2\n1 2 3\n")
    assert (result.ending, result.exit_code, result.stdout, result.stderr) == (Ending.EXITED, 4, b"12\n", b"")
    assert not result.clean
    assert result.cpu_seconds > 0


def test_an_uncaught_exception_is_reported_as_the_interpreter_would(box):
    source = "def f():\n    return 1 / 0\nf()\n"
    result = run(box, source)
    outside = subprocess.run(
        [sys.executable, "-c", "import sys; exec(sys.stdin.read())"], input=source.encode(), capture_output=True, check=False
    )
    assert result.exit_code == outside.returncode == 1
    text = result.stderr.decode()
    assert text.splitlines()[0] == "Traceback (most recent call last):"
    assert text.splitlines()[1:3] == ['  File "main.py", line 3, in <module>', "    f()"]
    assert text.endswith("ZeroDivisionError: division by zero\n")


def test_a_syntax_error_is_the_programs(box):
    result = run(box, "print('no'\n")
    assert (result.ending, result.exit_code, result.stdout) == (Ending.EXITED, 1, b"")
    assert b"SyntaxError" in result.stderr


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import atexit; atexit.register(print, 'late'); print('early')", b"early\nlate\n"),
        ("import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()", b"thread\n"),
        (
            "print(__name__, __file__); import __main__; print(__main__.x if hasattr(__main__, 'x') else 'none')",
            b"__main__ main.py\nnone\n",
        ),
        ("from multiprocessing import Pool\ndef f(x): return x * x\nwith Pool(2) as p: print(p.map(f, [1, 2, 3]))", b"[1, 4, 9]\n"),
        ("import subprocess; print(subprocess.run(['sh', '-c', 'echo $((6*7))'], capture_output=True).stdout)", b"b'42\\n'\n"),
        ("import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__name__)", b"A\n"),
        ("import sys; sys.setrecursionlimit(10**6)\ndef f(n): return n and 1 + f(n - 1)\nprint(f(50_000))", b"50000\n"),
        ("import helper; print(helper.VALUE)", b"7\n"),
        ("import sys; print(sys.argv, sys.path[0], sys.flags.hash_randomization)", b"['main.py'] /box/work 0\n"),
        (
            "import getpass, os, pwd; print(getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name, os.path.expanduser('~'))",
            b"sandbox sandbox /box/work\n",
        ),
        ("print('\\N{SNOWMAN}', input())", "☃ é\n".encode()),
        ("import sys; sys.stdout.write('unflushed')", b"unflushed"),
        ("open('/dev/stdout', 'w').write('by name')", b"by name"),
        ("import tempfile, os\nwith tempfile.TemporaryDirectory() as d: print(os.path.dirname(d))", b"/tmp\n"),
    ],
)
def test_python_programs_find_what_they_expect(box, source, expected):
    result = run(box, source, stdin="é\n".encode(), files={"helper.py": b"VALUE = 7\n"})
    assert (result.ending, result.stdout) == (Ending.EXITED, expected), result


def test_each_run_draws_other_random_numbers(box):
    source = "import random, os, tempfile; print(random.random(), os.urandom(8).hex())"
    assert len({result.stdout for result in box.run_many([Job(python=source)] * 8)}) == 8


def test_other_programs_run_in_the_same_jail(box):
    result = box.run(Job(argv=["sh", "-c", "id -u; cat data; echo made > out; pwd"], files={"data": b"x\n"}, collect=["out"]))
    uid, *rest = result.stdout.split()
    assert int(uid) != os.getuid()
    assert rest == [b"x", b"/box/work"]
    assert result.collected == {"out": b"made\n"}


def test_a_compiled_program_runs_from_the_files_a_stage_collected(box):
    code = b'#include <cstdio>\nint main() { int a, b; std::scanf("%d %d", &a, &b); std::printf("%d\\n", a + b); }\n'
    compile_job = Job(
        argv=["g++", "-O1", "-o", "main", "main.cpp"],
        files={"main.cpp": code},
        collect=["main"],
        limits=Limits(cpu_seconds=30, wall_seconds=60),
    )
    results = list(run_stages(box, [compile_job, Job(argv=["./main"], stdin=b"3 4\n")]))
    if results[0].ending is Ending.FAULT and "cannot start 'g++'" in results[0].detail:
        pytest.skip("no g++ here")
    assert [result.clean for result in results] == [True, True], results
    assert results[1].stdout == b"7\n"


def test_stages_stop_at_the_first_failure_and_see_the_last_result(box):
    seen = []

    def second(last):
        seen.append(last.exit_code)
        return Job(python="print(open('note').read())")

    first = Job(python="open('note', 'w').write('kept'); exit(3)", collect=["note"])
    assert len(list(run_stages(box, [first, second]))) == 1
    assert [result.stdout for result in run_stages(box, [first, second], go_on=True)] == [b"", b"kept\n"]
    assert seen == [3]


def test_a_program_that_cannot_be_started_is_our_fault(box):
    result = box.run(Job(argv=["no-such-program"]))
    assert result.ending is Ending.FAULT
    assert "cannot start 'no-such-program'" in result.detail


@pytest.mark.parametrize(
    ("source", "ending"),
    [
        ("import time; time.sleep(30)", Ending.WALL),
        ("while True: pass", Ending.CPU),
        ("x = b'x' * (200 << 20)", Ending.MEMORY),
        ("import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(30)", Ending.PROCESSES),
        ("print('x' * 100_000)", Ending.OUTPUT),
        ("open('f', 'wb').write(b'x' * (6 << 20))", Ending.FILE),
        ("import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); open('f', 'wb').write(b'x' * (6 << 20))", Ending.FILE),
        ("for i in range(5): open(f'f{i}', 'wb').write(b'x' * (3 << 20))", Ending.DISK),
        ("import os; os.abort()", Ending.SIGNALED),
        ("import os; os.kill(os.getpid(), 15)", Ending.SIGNALED),
        ("raise SystemExit(7)", Ending.EXITED),
    ],
)
def test_endings(strong_box, source, ending):
    limits = Limits(wall_seconds=2, cpu_seconds=0.5, memory_mb=96, processes=8, output_kb=64, file_mb=4, disk_mb=8)
    result = run(strong_box, source, limits=limits)
    assert result.ending is ending, result
    assert result.ending is Ending.EXITED or result.exit_code is None
    assert result.ending is Ending.EXITED or result.detail


def test_output_at_its_cap_is_fine_and_one_byte_more_is_not(box):
    limits = Limits(output_kb=16)
    assert run(box, "print('x' * 16383)", limits=limits).clean
    over = run(box, "print('x' * 16384)", limits=limits)
    assert (over.ending, len(over.stdout)) == (Ending.OUTPUT, 16384)


def test_memory_and_cpu_time_are_measured(strong_box):
    result = run(
        strong_box,
        "x = bytearray(64 << 20)\nx[::4096] = b'x' * len(x[::4096])\nimport time\nwhile time.process_time() < 0.3: pass",
        limits=Limits(memory_mb=256),
    )
    assert 64 <= result.memory_mb <= 110
    assert 0.25 <= result.cpu_seconds <= 0.6


@pytest.mark.parametrize(("share", "ending"), [(0.9, Ending.EXITED), (1.15, Ending.MEMORY)])
def test_the_memory_limit_is_the_programs_own(strong_box, share, ending):
    """The helper's memory, which counts in the same group, does not narrow it."""
    for megabytes in (64, 256):
        size = int(share * megabytes)
        assert run(strong_box, f"x = b'x' * ({size} << 20)", limits=Limits(memory_mb=megabytes)).ending is ending


def test_load_changes_no_verdict(strong_box):
    """Eight times as many runs as cores at once, some near their limits; a wall limit convicts sleepers alone."""
    limits = Limits(wall_seconds=1.0, cpu_seconds=0.8, memory_mb=96, processes=8)
    spin = "import time\nwhile time.process_time() < {}: pass\nprint('done')"
    cases = [
        (spin.format(0.4), Ending.EXITED),
        ("import time; time.sleep(0.4); print('done')", Ending.EXITED),
        ("x = b'x' * (64 << 20); print('done')", Ending.EXITED),
        (spin.format(1.2), Ending.CPU),
        ("import time; time.sleep(3)", Ending.WALL),
        ("x = b'x' * (128 << 20)", Ending.MEMORY),
    ]
    jobs = [Job(python=source, limits=limits) for source, _ in cases]
    workers = 8 * len(os.sched_getaffinity(0))
    with open_sandbox("zygote", workers=workers) as crowd:
        results = crowd.run_many(jobs * (workers // 2))
    wrong = [result for result, (_, ending) in zip(results, cases * (workers // 2), strict=True) if result.ending is not ending]
    assert wrong == []


def test_threads_share_a_sandbox(box):
    found: dict[int, bytes] = {}
    threads = [threading.Thread(target=lambda n=n: found.update({n: run(box, f"print({n})").stdout})) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {n: f"{n}\n".encode() for n in range(16)}


LIMITS = Limits(wall_seconds=2.0, cpu_seconds=1.0)
FACTS = {"started": 10.0, "ended": 10.5, "status": 0, "cpu": 0.1, "stalled": 0.0}


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({}, Ending.EXITED),
        ({"status": 9}, Ending.SIGNALED),
        ({"status": 9, "out_of_memory": True}, Ending.MEMORY),
        ({"out_of_memory": True, "tasks_refused": True}, Ending.PROCESSES),
        ({"cpu": 1.2}, Ending.CPU),  # ended by itself, but over its limit: a slower watcher would have let it pass
        ({"ended": 13.0}, Ending.WALL),
        ({"ended": 13.0, "stalled": 1.5}, Ending.EXITED),
        ({"ended": 60.0, "stalled": 49.0, "stopped": "starved", "status": None}, Ending.FAULT),
        ({"status": None}, Ending.FAULT),
        ({"fault": "x", "out_of_memory": True}, Ending.FAULT),
        ({"disk": True, "cpu": 1.2}, Ending.DISK),
        ({"status": 25}, Ending.FILE),
        ({"status": 24}, Ending.CPU),
        ({"output": True, "status": None}, Ending.OUTPUT),
    ],
)
def test_the_verdict_is_a_function_of_the_facts(more, ending):
    facts = {**FACTS, **more}
    assert ending_of(facts, LIMITS)[0] is ending
    assert make_result(facts, LIMITS).ending is ending


def test_what_cannot_be_opened_says_so():
    with pytest.raises(UserError, match="no sandbox backend is called 'docker'; known: auto, zygote"):
        open_sandbox("docker")
    with pytest.raises(UserError, match="allow_unsafe=True"):
        open_sandbox("none")
    with pytest.raises(UserError, match="at least one worker, got 0"):
        open_sandbox("zygote", workers=0)
    with pytest.raises(UserError, match="is not a Python"):
        open_sandbox("zygote", python="/bin/false")


def test_an_image_the_backend_lacks_is_the_users_mistake(box):
    with pytest.raises(UserError, match="image 'lean' does not run in the zygote sandbox"):
        box.run(Job(argv=["lean", "--version"], image="lean"))
