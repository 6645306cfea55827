"""The reward pool: order, routing, and faults of ours that are errors and never scores."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from openk15.errors import UserError
from rewards import registry, timed_threads
from rewards.pool import RewardPool
from rewards.registry import Outcome, Rule
from rewards.verdict import Answer, Status, Verdict

EIGHT = Answer("number", "8")
FAULTY = Answer("faulty", None)


@pytest.fixture(scope="module")
def targets(repo_root: Path) -> Iterator[None]:
    """Register the test's verifiers here and make them importable in the workers."""
    before = dict(registry._REGISTRY)
    sys.path.insert(0, str(repo_root / "tests" / "rewards"))
    import pool_targets

    assert pool_targets
    yield
    sys.path.remove(str(repo_root / "tests" / "rewards"))
    sys.modules.pop("pool_targets")
    registry._REGISTRY.clear()
    registry._REGISTRY.update(before)


@pytest.fixture(scope="module")
def pool(targets: None) -> Iterator[RewardPool]:
    with RewardPool(workers=2, deadline=0.3, memory_mb=512, preload=["pool_targets"]) as made:
        made.start()
        yield made


def mixed(count: int) -> tuple[list[tuple[str, Answer]], list[Status]]:
    kinds = [
        ("\\boxed{8}", EIGHT, Status.CORRECT),
        ("\\boxed{7}", EIGHT, Status.WRONG),
        ("none", EIGHT, Status.UNPARSED),
        ("\\boxed{1, 2}", Answer("number_list", "1, 2"), Status.CORRECT),
        ("\\boxed{red}", Answer("choice", "red", {"choices": ["red", "blue"]}), Status.CORRECT),
        ("\\boxed{1}", Answer("number", "not a number"), Status.ERROR),
    ]
    chosen = [kinds[at * 7 % len(kinds)] for at in range(count)]
    return [(response, answer) for response, answer, _ in chosen], [status for *_, status in chosen]


def statuses(verdicts: list[Verdict]) -> list[Status]:
    return [verdict.status for verdict in verdicts]


def test_processes_threads_and_asyncio_give_the_same_verdicts_in_order(pool):
    items, expected = mixed(500)
    here = RewardPool().score(items)
    assert statuses(here) == expected

    def bare(verdicts: list[Verdict]) -> list[tuple]:
        return [(v.status, v.score, v.extracted, v.reason, v.verifier) for v in verdicts]

    assert bare(pool.score(items)) == bare(here)
    assert bare(asyncio.run(pool.score_async(items))) == bare(here)
    assert bare(asyncio.run(RewardPool().score_async(items))) == bare(here)
    assert bare(list(pool.stream(iter(items)))) == bare(here)
    assert pool.waiting == 0


def test_many_threads_may_score_at_once(pool):
    items, expected = mixed(60)
    found: list[list[Status]] = []
    threads = [threading.Thread(target=lambda: found.append(statuses(pool.score(items)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("hang", "the verifier was killed: no answer within 0.3 s of processor time"),
        ("sleep", "the verifier was killed: no answer within 0.3 s of processor time"),
        ("allocate", "MemoryError"),
        ("die", "the verifier's process died: the worker was killed by SIGKILL"),
        ("disk full", "OSError: [Errno 28] No space left on device"),
        ("write", "OSError: [Errno 28] No space left on device"),
    ],
)
def test_a_fault_of_ours_is_an_error_with_its_cause_and_costs_nobody_else(pool, fault, cause):
    items = [("fine", FAULTY), (fault, FAULTY), ("fine", FAULTY), ("bad", FAULTY), ("\\boxed{8}", EIGHT)]
    verdicts = pool.score(items)
    assert statuses(verdicts) == [Status.CORRECT, Status.ERROR, Status.CORRECT, Status.WRONG, Status.CORRECT]
    assert verdicts[1].score is None
    assert cause in verdicts[1].reason
    assert verdicts[1].verifier == "faulty@1"


def test_a_timer_that_fails_off_the_main_thread_is_an_error(targets):
    found: list[Verdict] = []
    thread = threading.Thread(target=lambda: found.extend(RewardPool().score([("alarm", FAULTY)])))
    thread.start()
    thread.join()
    assert found[0].status is Status.ERROR
    assert "signal only works in main thread" in found[0].reason


def test_workers_that_cannot_be_started_make_errors_and_cost_what_needs_none_of_them_nothing(targets, monkeypatch):
    monkeypatch.setitem(sys.modules, "only_here", types.ModuleType("only_here"))
    cause = "no process could be had for the verifier: cannot import rewards.pool:judge: ModuleNotFoundError"
    with RewardPool(workers=1, preload=["only_here"]) as broken:
        number, isolated = broken.score([("\\boxed{8}", EIGHT), ("x", Answer("isolated", None))])
        assert (number.status, number.score, isolated.status) == (Status.ERROR, None, Status.CORRECT)
        assert cause in number.reason
        assert cause in asyncio.run(broken.score_async([("\\boxed{8}", EIGHT)]))[0].reason


def test_a_module_that_cannot_be_imported_is_named():
    with pytest.raises(UserError, match="module 'no_such_module', which is to register verifiers, cannot be imported"):
        RewardPool(preload=["no_such_module"])


def test_what_takes_math_too_long_stays_unparsed_in_a_worker():
    """Its own killable processes are then children of a worker."""
    slow = r"\boxed{\gcd((x+y+z+w+1)^{60}, (x+y+z+w+2)^{60})}"
    with RewardPool(workers=1) as pool:
        found = pool.score([(slow, Answer("math", "2")), ("\\boxed{2}", Answer("math", "2"))])
    assert statuses(found) == [Status.UNPARSED, Status.CORRECT]
    assert "takes more than" in found[0].reason
    assert pool.restarts == 0


def test_isolated_verifiers_and_those_registered_by_hand_are_called_in_this_process(pool, monkeypatch):
    class Here(Rule):
        version = "1"

        def judge(self, response: str, answer: Answer) -> Outcome:
            return Outcome.of(True, f"{os.getpid()} {threading.current_thread() is threading.main_thread()}", "here")

    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    registry.register_instance("by_hand", Here())
    isolated, by_hand = pool.score([("x", Answer("isolated", None)), ("x", Answer("by_hand", None))])
    assert isolated.extracted == str(os.getpid())
    assert by_hand.extracted == f"{os.getpid()} False"


def test_a_verifier_may_judge_many_at_once_and_a_failing_batch_is_judged_one_by_one(monkeypatch):
    calls: list[int] = []

    class Many(Rule):
        version = "1"

        def judge(self, response: str, answer: Answer) -> Outcome:
            if response == "bad":
                raise ValueError("bad reference")
            return Outcome.of(True, response, "one")

        def verify_many(self, items):
            calls.append(len(items))
            return [self.verify(*item) for item in items]

    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    registry.register_instance("many", Many())
    many = Answer("many", None)
    verdicts = RewardPool().score([("a", many), ("\\boxed{8}", EIGHT), ("b", many)])
    assert [verdict.extracted for verdict in verdicts] == ["a", "8", "b"]
    assert calls == [2]
    assert statuses(RewardPool().score([("a", many), ("bad", many)])) == [Status.CORRECT, Status.ERROR]


def test_no_more_than_max_waiting_items_are_read_ahead(targets):
    read = 0

    def endless() -> Iterator[tuple[str, Answer]]:
        nonlocal read
        while True:
            read += 1
            yield "\\boxed{8}", EIGHT

    with RewardPool(workers=1, max_waiting=50) as pool:
        verdicts = pool.stream(endless())
        for taken in range(1, 400):
            assert next(verdicts).status is Status.CORRECT
            assert read <= taken + 50
        verdicts.close()


def test_an_unknown_verifier_is_refused_before_anything_is_judged(pool):
    with pytest.raises(UserError, match="did you mean 'number'"):
        pool.score([("\\boxed{8}", EIGHT), ("x", Answer("numbr", "8"))])


def test_the_pool_without_workers_is_picklable_work_for_an_actor():
    pool = RewardPool()
    assert pool.ping() == os.getpid()
    assert statuses(pickle.loads(pickle.dumps(RewardPool))().score([("\\boxed{8}", EIGHT)])) == [Status.CORRECT]


class SlowClock:
    """Seconds that pass only where a call says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.now = 0.0
        self._lock = threading.Lock()
        monkeypatch.setattr(timed_threads, "time", types.SimpleNamespace(monotonic=lambda: self.now))

    def work(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


def test_time_in_the_queue_is_not_time_of_the_item(monkeypatch):
    """Forty items of 0.2 s behind one thread, where each may take 1 s: none is given up, however it is asked."""
    clock = SlowClock(monkeypatch)
    # One thread, since all share the clock: beside others an item that has to wait for a core would seem slow.
    monkeypatch.setattr("rewards.pool.TimedThreads", lambda _, name: timed_threads.TimedThreads(1, name))

    class Slow(Rule):
        version = "1"
        isolated = True

        def judge(self, response: str, answer: Answer) -> Outcome:
            clock.work(0.2)
            return Outcome.of(True, None, "done")

    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    monkeypatch.setattr("rewards.pool.THREAD_SECONDS", 1.0)
    registry.register_instance("slow", Slow())
    items = [("x", Answer("slow", None))] * 40
    with RewardPool(workers=1) as pool:
        assert statuses(pool.score(items)) == [Status.CORRECT] * 40
        assert statuses(asyncio.run(pool.score_async(items))) == [Status.CORRECT] * 40


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_call_past_its_limit_is_given_up_and_what_queues_behind_it_gets_its_turn(asynchronous):
    released = threading.Event()
    threads = timed_threads.TimedThreads(1, "test")

    def result(future):
        return asyncio.run(threads.wait_async(future, 0.05)) if asynchronous else threads.wait(future, 0.05)

    hung, behind = threads.submit(released.wait), threads.submit(int, "7")
    assert result(behind) == 7
    with pytest.raises(timed_threads.GaveUp, match=r"no verdict within 0.05 s"):
        result(hung)
    released.set()
    assert hung.result() is True
    threads.close()
    with pytest.raises(RuntimeError, match="closed"):
        threads.submit(int, "7")


@pytest.mark.parametrize("settings", [{"workers": -1}, {"max_waiting": 0}, {"deadline": 0.0}])
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValueError, match="RewardPool needs"):
        RewardPool(**settings)
