"""Killable workers: what hangs, crashes or eats memory costs its own outcome and nobody else's."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rewards.worker_process import _restrict
from rewards.workers import WorkerDied, WorkerFailure, WorkerPool, WorkerRaised, WorkerTimeout

TARGET = "worker_targets:act"


@pytest.fixture
def pool_of(monkeypatch: pytest.MonkeyPatch, repo_root: Path) -> Iterator[Callable[..., WorkerPool]]:
    monkeypatch.syspath_prepend(str(repo_root / "tests" / "rewards"))
    made: list[WorkerPool] = []

    def make(workers: int = 2, target: str = TARGET, **settings: float) -> WorkerPool:
        made.append(WorkerPool(target, workers=workers, **settings))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def test_results_keep_the_order_of_the_items(pool_of):
    assert pool_of(workers=3).map([("square", n) for n in range(1000)], deadline=5) == [n * n for n in range(1000)]


def test_every_kind_of_death_is_told_apart_and_the_rest_is_served(pool_of):
    pool = pool_of(memory_mb=256)
    orders = [
        ("square", 2),
        ("spin", 0),
        ("square", 3),
        ("sleep", 60),
        ("allocate", 2048),
        ("raise", "lost"),
        ("segfault", 0),
        ("exit", 7),
        ("recurse", 0),
        ("unpicklable", 0),
        ("unreadable", 0),
        ("square", 4),
    ]
    outcomes = pool.map(orders, deadline=0.2)
    assert [outcomes[at] for at in (0, 2, 11)] == [4, 9, 16]
    assert [type(outcome) for outcome in outcomes[1:11] if isinstance(outcome, WorkerFailure)] == [
        WorkerTimeout,
        WorkerTimeout,
        WorkerDied,
        WorkerRaised,
        WorkerDied,
        WorkerDied,
        WorkerRaised,
        WorkerRaised,
        WorkerRaised,
    ]
    texts = [str(outcome) for outcome in outcomes]
    assert "0.2 s of processor time" in texts[1]
    assert texts[4] == "out of memory: more than 256 MiB"
    assert texts[5] == "LookupError: lost"
    assert texts[6] == "the worker was killed by SIGSEGV"
    assert texts[7] == "the worker exited with code 1"
    assert texts[8].startswith("RecursionError")
    assert "cannot be read here" in texts[10]
    assert (pool.counts.timeouts, pool.counts.died, pool.counts.raised) == (2, 3, 4)
    assert pool.waiting == 0


def test_what_waits_behind_a_hang_goes_to_another_worker_and_runs_once(pool_of, tmp_path):
    pool = pool_of(workers=1)
    orders: list[tuple[str, object]] = [("touch", str(tmp_path / str(n))) for n in range(60)]
    for at in (5, 6, 30):
        orders[at] = ("spin", 0)
    outcomes = pool.map(orders, deadline=0.1)
    assert [type(outcome) is WorkerTimeout for outcome in outcomes] == [what == "spin" for what, _ in orders]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"x"}
    assert len(list(tmp_path.iterdir())) == 57


def test_a_busy_machine_turns_no_answer_into_a_timeout(pool_of):
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(6 * (os.cpu_count() or 1))]
    try:
        pool = pool_of(workers=2, patience=1.0)
        spend = "worker_targets:spend"
        outcomes = pool_of(workers=2, patience=1.0, target=spend).map([0.15] * 6, deadline=0.25)
        assert outcomes == [True] * 6
        assert isinstance(pool.map([("spin", 0)], deadline=0.1)[0], WorkerTimeout)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_a_worker_killed_from_outside_costs_one_typed_outcome(pool_of):
    pool = pool_of(workers=1)
    pid = pool.submit(("pid", 0), deadline=5).result()
    hit, behind = pool.submit(("sleep", 30), deadline=20), pool.submit(("square", 5), deadline=5)
    assert until(hit.running)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied, match="killed by SIGKILL"):
        hit.result()
    assert behind.result() == 25


def test_random_kills_lose_no_item(pool_of):
    pool = pool_of(workers=2)
    futures = [pool.submit(("square", n), deadline=5) for n in range(4000)]
    chance = random.Random(0)
    while not all(future.done() for future in futures):
        for pid in pool.pids():
            if chance.random() < 0.3:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    outcomes = [future.exception() or future.result() for future in futures]
    assert all(outcome == n * n or isinstance(outcome, WorkerDied) for n, outcome in enumerate(outcomes))
    assert pool.counts.done + pool.counts.died == 4000
    assert pool.map([("square", 3)], deadline=5) == [9]


def test_the_starter_of_workers_may_die_too(pool_of):
    pool = pool_of(workers=2)
    assert pool.map([("square", 2)], deadline=5) == [4]
    os.kill(pool._manager._template.pid, signal.SIGKILL)
    outcomes = pool.map([("square", 3)] * 50, deadline=5)
    assert set(map(type, outcomes)) <= {int, WorkerDied}
    assert pool.map([("square", 3)] * 50, deadline=5) == [9] * 50


def test_workers_are_replaced_after_their_share_of_items(pool_of):
    pool = pool_of(workers=1, recycle_after=10)
    assert max(pool.map([("seen", 0)] * 95, deadline=5)) == 10
    assert pool.counts.recycled == 9


def test_strings_hash_alike_in_every_pool(pool_of):
    first, second = pool_of(workers=1), pool_of(workers=2)
    assert first.map([("hash", "x")], deadline=5) == [*{str(o): o for o in second.map([("hash", "x")] * 8, deadline=5)}.values()]


def test_it_serves_any_thread_and_asyncio(pool_of):
    pool = pool_of()
    found: list[list[int]] = []
    threads = [threading.Thread(target=lambda: found.append(pool.map([("square", 3), ("square", 4)], deadline=5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[9, 16]] * 8

    async def gather() -> list[int]:
        return await asyncio.gather(*(asyncio.wrap_future(pool.submit(("square", n), deadline=5)) for n in range(20)))

    assert asyncio.run(gather()) == [n * n for n in range(20)]


def test_a_cancelled_item_is_not_run(pool_of, tmp_path):
    pool = pool_of(workers=1)
    blocker = pool.submit(("sleep", 0.3), deadline=5)
    cancelled = pool.submit(("touch", str(tmp_path / "ran")), deadline=5)
    assert cancelled.cancel()
    assert pool.submit(("square", 2), deadline=5).result() == 4
    assert blocker.result() is None
    assert not (tmp_path / "ran").exists()
    assert pool.waiting == 0


def test_large_items_and_answers_pass(pool_of):
    pool = pool_of(workers=2, target="builtins:bytes")
    blocks = [bytes([n]) * 3_000_000 for n in range(8)]
    assert pool.map(blocks, deadline=20) == blocks


def test_a_target_that_cannot_be_imported_is_named(pool_of):
    outcome = pool_of(target="worker_targets:nothing").map([1], deadline=5)[0]
    assert isinstance(outcome, WorkerDied)
    assert "cannot import worker_targets:nothing: AttributeError" in str(outcome)


def test_a_forked_copy_starts_workers_of_its_own(pool_of):
    pool = pool_of(workers=1)
    pid = pool.submit(("pid", 0), deadline=5).result()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(write, "wb") as pipe:
            pipe.write(pickle.dumps(pool.map([("pid", 0), ("square", 6)], deadline=5)))
        pool.close()
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        other, square = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    assert square == 36
    assert other != pid
    assert pool.submit(("pid", 0), deadline=5).result() == pid


def test_closing_ends_processes_and_open_items(pool_of):
    pool = pool_of(workers=1)
    pids = [pool.submit(("pid", 0), deadline=5).result(), pool._manager._template.pid]
    running, queued = pool.submit(("sleep", 60), deadline=60), pool.submit(("square", 1), deadline=5)
    assert until(running.running)
    pool.close()
    for future in (running, queued):
        with pytest.raises(WorkerDied, match="closed"):
            future.result(timeout=5)
    assert until(lambda: not any(map(alive, pids)))
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(("square", 1), deadline=5)
    pool.close()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "pass", "sys.exit(3)"])
def test_workers_end_with_the_pools_process_even_in_the_middle_of_an_item(end, repo_root):
    script = f"""
import os, sys, time
sys.path[:0] = [{str(repo_root)!r}, {str(repo_root / "tests" / "rewards")!r}]
from rewards.workers import WorkerPool
pool = WorkerPool("worker_targets:act", workers=2)
pids = pool.map([("pid", 0)], deadline=5)
future = pool.submit(("spin", 0), deadline=60)
while not future.running():
    time.sleep(0.01)
print(*{{*pids, *pool.pids(), pool._manager._template.pid}}, flush=True)
{end}
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) >= 2, done.stderr
    assert until(lambda: not any(map(alive, pids)))


def test_the_pool_leaves_no_descriptors_behind(pool_of):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pool_of(workers=2) as pool:
            pool.map([("square", 1), ("spin", 0), ("exit", 1)], deadline=0.1)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_worker_may_have_workers_and_they_end_with_it(pool_of):
    pool = pool_of(workers=1, target="worker_targets:nest")
    maker, inner = pool.map(["worker_targets:act"], deadline=20)[0]
    assert alive(inner)
    os.kill(maker, signal.SIGKILL)
    assert until(lambda: not alive(inner))


def test_a_limit_above_the_makers_own_is_lowered_to_it():
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534) if os.getuid() == 0 else None
            resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32))
            _restrict(1 << 20)
            code = 0 if resource.getrlimit(resource.RLIMIT_AS)[0] == 1 << 32 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "json"}, "package.module:function"),
        ({"workers": 0}, "workers must be"),
        ({"memory_mb": 0}, "memory_mb"),
        ({"patience": 0}, "patience"),
    ],
)
def test_bad_settings_are_named(pool_of, settings, message):
    with pytest.raises(ValueError, match=message):
        pool_of(**settings)
    for deadline in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="deadline must be positive"):
            pool_of().submit(1, deadline=deadline)
