"""/v1/run: programs in the sandbox, over HTTP (K118)."""

from __future__ import annotations

import concurrent.futures

import pytest


@pytest.fixture(scope="module")
def runner(start):
    service = start("--workers", "2", "--request-seconds", "60")
    with service.client() as client:
        answer = client.post("/v1/run", json={"code": "print(6 * 7)"})
    if answer.status_code == 501:
        pytest.skip(f"no sandbox here: {answer.json()['detail']}")
    return service


def test_a_program_runs_and_its_output_comes_back(runner):
    program = {"code": "import sys\nprint(sys.stdin.read().upper())\nprint(open('notes.txt').read(), file=sys.stderr)"}
    with runner.client() as client:
        found = client.post("/v1/run", json={**program, "stdin": "abc", "files": {"notes.txt": "seen"}}).json()
    assert (found["ending"], found["exit_code"], found["stdout"], found["stderr"]) == ("exited", 0, "ABC\n", "seen\n")


def test_a_command_runs_and_hands_back_the_files_asked_for(runner):
    command = {"argv": ["/bin/sh", "-c", "echo -n made > out.txt; exit 3"], "collect": ["out.txt", "none.txt"]}
    with runner.client() as client:
        found = client.post("/v1/run", json=command).json()
    assert (found["ending"], found["exit_code"], found["collected"]) == ("exited", 3, {"out.txt": "made"})


@pytest.mark.parametrize(
    ("code", "limits", "ending"),
    [
        ("while True: pass", {"cpu_seconds": 0.5}, "cpu"),
        ("import time; time.sleep(30)", {"wall_seconds": 0.5}, "wall"),
        ("b = bytearray(1 << 30)", {"memory_mb": 64}, "memory"),
        ("while True: print('x' * 1000)", {"output_kb": 16}, "output"),
    ],
)
def test_each_limit_has_its_own_ending(runner, code, limits, ending):
    with runner.client() as client:
        assert client.post("/v1/run", json={"code": code, "limits": limits}).json()["ending"] == ending


def test_there_is_no_network_and_no_token_to_be_read(runner):
    code = "import os, socket\nprint(sorted(k for k in os.environ if 'OPENK15' in k))\ns = socket.socket()\ns.settimeout(2)\n"
    code += f"try:\n    s.connect(('127.0.0.1', {runner.port}))\n    print('reached')\nexcept OSError:\n    print('alone')"
    with runner.client() as client:
        assert client.post("/v1/run", json={"code": code}).json()["stdout"] == "[]\nalone\n"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"code": "1", "argv": ["x"]}, "Extra inputs"),
        ({}, "Field required"),
        ({"argv": []}, "at least 1"),
        ({"code": "1", "language": "cobol"}, "'python'"),
        ({"code": "1", "image": "nowhere"}, "'host'"),
        ({"code": "1", "files": {"../x": ""}}, "match pattern"),
        ({"code": "1", "limits": {"wall_seconds": 1e9}}, "less than or equal to 60"),
        ({"code": "1", "limits": {"memory_mb": True}}, "expected an integer"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(runner, body, says):
    with runner.client() as client:
        answer = client.post("/v1/run", json=body)
    assert answer.status_code == 422
    assert says in answer.text


def test_code_is_judged_over_http_and_runs_beside_verdicts(runner):
    answer = {"verifier": "code", "language": "python", "tests": [{"stdin": "1\n", "stdout": "2\n"}]}
    right, wrong = ({"response": f"```python\nprint(int(input()) + {n})\n```", "answer": answer} for n in (1, 2))

    def ask(at: int) -> str:
        with runner.client() as client:
            if at % 3 == 2:
                return client.post("/v1/run", json={"code": f"print({at})"}).json()["stdout"].strip()
            return client.post("/v1/verify", json=right if at % 3 == 0 else wrong).json()["status"]

    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        found = list(threads.map(ask, range(18)))
    assert found == [("correct", "wrong", str(at))[at % 3] for at in range(18)]
