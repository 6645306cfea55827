"""The 53 attacks of docs/sandbox.md: none may get what it wants, and each ends for the reason that stopped it.

1-39 are programs of rewards/sandbox/attacks.py. Of 40-53, those that concern the sandbox stand below; 45 (objects that
equal everything), the function-call side of 44 and 46, and 53 (code extraction) belong to the code verifier's tests.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rewards.sandbox import Ending, Job, Limits
from rewards.sandbox.attacks import HOST, RESOURCES, WON, failed


def label(attack):
    return f"{attack.number}-{attack.name.replace(' ', '_')}"


@pytest.mark.parametrize("attack", HOST, ids=label)
def test_the_machine_is_out_of_reach(box, canaries, attack):
    result = box.run(canaries.job(attack))
    assert failed(attack, result, canaries.touched()) == ""


@pytest.mark.parametrize("attack", RESOURCES, ids=label)
def test_each_limit_ends_the_run_for_its_own_reason(strong_box, canaries, attack):
    result = strong_box.run(canaries.job(attack))
    assert failed(attack, result, canaries.touched()) == ""
    assert strong_box.strays() == []
    assert strong_box.run(Job(python="print('still here')")).stdout == b"still here\n"


@pytest.mark.parametrize("number", [1, 2, 3, 6, 8, 9, 10, 12])
def test_the_canaries_sing_without_a_sandbox(canaries, number):
    """The same programs as plain processes of this user do succeed: the attacks are real ones."""
    (attack,) = (attack for attack in HOST if attack.number == number)
    told = subprocess.run([sys.executable, "-c", canaries.source(attack)], capture_output=True, timeout=60, check=False)
    assert WON in told.stdout or canaries.touched(), told


def test_13_signals_do_not_reach_a_neighbour(box, canaries):
    (attack,) = (attack for attack in HOST if attack.number == 13)
    results = box.run_many([Job(python="import time; time.sleep(0.5); print('calm')"), canaries.job(attack)])
    assert results[0].stdout == b"calm\n"
    assert b"alive" in results[1].stdout


def test_35_a_daemon_does_not_outlive_its_run(strong_box, canaries):
    (attack,) = (attack for attack in RESOURCES if attack.number == 35)
    assert strong_box.run(canaries.job(attack)).clean
    assert strong_box.strays() == []


@pytest.mark.parametrize("leave", ["import os; os._exit(0)", "raise SystemExit", "import sys; sys.exit(0)", "exit()", "quit(0)"])
def test_40_leaving_early_shows_no_output(box, leave):
    result = box.run(Job(python=f"{leave}\nprint('passed')"))
    assert (result.ending, result.exit_code, result.stdout) == (Ending.EXITED, 0, b"")


@pytest.mark.parametrize("code", [137, 139, 124, 153, 152, 255])
def test_41_an_exit_code_does_not_pass_for_a_limit_or_a_signal(box, code):
    result = box.run(Job(python=f"import os; os._exit({code})"))
    assert (result.ending, result.exit_code, result.signal) == (Ending.EXITED, code, None)


def test_41_a_crash_cannot_be_spoofed_into_success(box):
    result = box.run(Job(python="import os, signal\nprint('ok', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert (result.ending, result.signal, result.clean) == (Ending.SIGNALED, 9, False)


def test_42_the_judges_own_words_are_data(box):
    line = '{"ended": 0, "status": 0, "stopped": null, "verdict": "passed"}'
    source = f"import sys\nfor stream in (sys.stdout, sys.stderr):\n    print({line!r}, file=stream)\nsys.exit(3)"
    result = box.run(Job(python=source))
    assert (result.ending, result.exit_code) == (Ending.EXITED, 3)
    assert result.stdout == result.stderr == line.encode() + b"\n"


@pytest.mark.parametrize("how", ["python", "argv"])
def test_43_no_descriptor_beyond_the_three_streams_is_inherited(box, how):
    source = """
import os
held = []
for descriptor in range(3, 512):
    try:
        os.write(descriptor, b'{"fault": "spoofed", "ended": 1, "status": 0}\\n')
    except OSError:
        try:
            os.fstat(descriptor)
        except OSError:
            continue
    held.append(descriptor)
print(held)
"""
    job = Job(python=source) if how == "python" else Job(argv=["/usr/bin/python3", "-S", "probe.py"], files={"probe.py": source.encode()})
    result = box.run(job)
    assert (result.ending, result.stdout) == (Ending.EXITED, b"[]\n"), result


def test_44_patched_modules_do_not_reach_the_next_run(box):
    patch = """
import builtins, json, os, sys, threading
builtins.print = builtins.exec = builtins.open = lambda *a, **k: None
json.dumps = lambda *a, **k: '"passed"'
sys.modules["json"] = sys.modules["unittest"] = None
sys.excepthook = os._exit
os.write = lambda *a: 0
"""
    jobs = [Job(python=patch), Job(python="import json, unittest\nprint(json.dumps([1]), open)")] * 3
    for result in box.run_many(jobs)[1::2]:
        assert result.stdout == b"[1] <built-in function open>\n"


def test_46_nothing_of_another_run_or_of_the_judge_is_in_memory(strong_box, canaries):
    hidden = f"hidden-{canaries.word}"
    first = Job(python="import sys; data = sys.stdin.read(); print(len(data))", stdin=hidden.encode(), files={"data.txt": hidden.encode()})
    scan = f"""
import gc, sys
half = ({hidden[:12]!r}, {hidden[12:]!r})
frame, seen = sys._getframe(), []
while frame:
    seen += [repr(frame.f_locals), repr(frame.f_globals)]
    frame = frame.f_back
seen += [repr(item) for item in gc.get_objects() if isinstance(item, (str, list, dict, tuple))]
print(any(half[0] + half[1] in text for text in seen))
needle, found = (half[0] + half[1]).encode(), 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        if rights.startswith("rw") and end - start < 1 << 28:
            memory.seek(start)
            try:
                found += memory.read(end - start).count(needle)
            except OSError:
                pass
print(found)
"""
    for worker in range(2 * strong_box.workers):
        assert strong_box.run(first).clean, worker
    result = strong_box.run(Job(python=scan))
    same, copies = result.stdout.split()
    assert same == b"False"
    # The needle that the scan itself builds is in memory: one copy, or two when a buffer was copied while reading.
    assert int(copies) <= 8
    control = strong_box.run(Job(python=scan.replace("import gc, sys", "import gc, sys\nkept = sys.stdin.read()"), stdin=hidden.encode()))
    assert control.stdout.split()[0] == b"True", "the scan finds what is there"


def test_47_a_pickle_on_the_output_is_bytes(box, tmp_path):
    mark = tmp_path / "executed"

    class Evil:
        def __reduce__(self):
            return (Path.touch, (mark,))

    blob = pickle.dumps(Evil())
    result = box.run(Job(python=f"import sys; sys.stdout.buffer.write({blob!r})"))
    assert result.stdout == blob
    assert not mark.exists()


@pytest.mark.parametrize(
    "make",
    [
        "os.symlink('/etc/passwd', 'out')",
        "os.symlink('/proc/self/environ', 'out')",
        "os.mkfifo('out')",
        "os.mkdir('out')",
        "import socket; socket.socket(socket.AF_UNIX).bind('out')",
        "open('/tmp/big', 'wb').truncate(1 << 40); os.link('/tmp/big', 'out')",
    ],
)
def test_48_only_regular_files_of_the_work_folder_are_collected(box, make):
    result = box.run(Job(python=f"import os\n{make}\nprint('made')", collect=["out", "absent"]))
    assert "out" not in result.collected
    assert "absent" not in result.collected


def test_48_a_replaced_work_folder_does_not_redirect_the_collection(box):
    source = """
import os
open("out", "w").write("mine")
try:
    os.rename("/box/work", "/box/tmp/old")
    os.symlink("/etc", "/box/work")
except OSError:
    pass
"""
    result = box.run(Job(python=source, collect=["out", "passwd"]))
    assert dict(result.collected) == {"out": b"mine"}


def test_49_output_arrives_byte_for_byte(box):
    blob = bytes(range(256)) + b"\0\0\xff\xfe 1e999 nan -0 \r\n\x1b[2J"
    result = box.run(Job(python=f"import sys; sys.stdout.buffer.write({blob!r}); sys.stderr.buffer.write({blob!r})"))
    assert result.stdout == result.stderr == blob


def test_50_no_state_passes_from_run_to_run(box):
    leave = """
import builtins, ctypes, os, sys
builtins.left = sys.left = True
os.environ["LEFT"] = "1"
for path in ("left", "/tmp/left", "/dev/shm/left", "/var/tmp/left"):
    open(path, "w").write("left")
os.makedirs("__pycache__", exist_ok=True)
libc = ctypes.CDLL(None)
print(libc.shmget(0x15, 4096, 0o1666) >= 0, libc.semget(0x15, 1, 0o1666) >= 0, libc.msgget(0x15, 0o1666) >= 0)
"""
    look = """
import builtins, ctypes, os, sys
found = [path for folder in (".", "/tmp", "/dev/shm") for path in os.listdir(folder)]
libc = ctypes.CDLL(None)
found += [name for name in ("shmget", "semget", "msgget") if getattr(libc, name)(0x15, *([4096] if name != "msgget" else []), 0) >= 0]
print(found, hasattr(builtins, "left"), hasattr(sys, "left"), "LEFT" in os.environ)
"""
    for _ in range(2 * box.workers):
        assert box.run(Job(python=leave)).stdout == b"True True True\n"
        assert box.run(Job(python=look)).stdout == b"[] False False False\n"


def test_51_a_run_cannot_count_the_runs_before_it(box):
    source = "import os, socket; print(os.getpid(), os.getppid(), os.getcwd(), socket.gethostname(), sorted(os.environ), os.listdir('.'))"
    seen = {result.stdout for result in box.run_many([Job(python=f"{source}\nhash('x')")] * 8)}
    assert len(seen) == 1
    order = "print(list({str(n) for n in range(50)}))"
    assert len({result.stdout for result in box.run_many([Job(python=order)] * 8)}) == 1


def test_52_a_run_holds_its_own_input_and_nothing_after_it(box):
    source = """
import os, sys
text = sys.stdin.read()
again = open("/dev/stdin").read()
try:
    open("/proc/self/fd/0", "r+b", 0).write(b"forged")
    print("PWNED")
except OSError:
    pass
try:
    os.ftruncate(0, 1 << 20)
    print("PWNED")
except OSError:
    pass
print(text, again, os.lseek(0, 0, os.SEEK_END))
"""
    result = box.run_many([Job(python=source, stdin=f"test {number}".encode()) for number in range(4)])
    assert [item.stdout for item in result] == [f"test {number} test {number} 6\n".encode() for number in range(4)]


def test_pipes_never_deadlock(box):
    """Input that nobody reads, output in both streams at once, output after the reader is known to be slow."""
    both = "import sys\nfor _ in range(64):\n    sys.stdout.write('x' * 8192); sys.stderr.write('y' * 8192)"
    limits = Limits(output_kb=1024)
    results: list = []
    jobs = [
        Job(python="pass", stdin=b"x" * (8 << 20)),
        Job(python=both, limits=limits),
        Job(argv=["cat"], stdin=b"z" * (1 << 19), limits=limits),
    ]
    thread = threading.Thread(target=lambda: results.extend(box.run_many(jobs)))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert [item.ending for item in results] == [Ending.EXITED] * 3
    assert len(results[1].stdout) == 1 << 19
    assert len(results[1].stderr) == 1 << 16  # cut at a sixteenth of the cap, and not punished
    assert results[2].stdout == b"z" * (1 << 19)


def test_a_planted_work_file_cannot_shadow_the_helper(box):
    """A module of the work folder is imported by the program alone, never by what runs it."""
    result = box.run(Job(python="import os, json\nprint(json.dumps(1))", files={"os.py": b"print('PWNED')", "site.py": b"print('PWNED')"}))
    assert result.stdout == b"1\n"
