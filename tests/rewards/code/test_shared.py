"""One sandbox a process: opened late, closed once, never shared with a child."""

from __future__ import annotations

import os
import threading

import pytest

from rewards.code import shared


class Fake:
    name = "fake"

    def __init__(self):
        self.closed = 0

    def run(self, job):
        raise NotImplementedError

    run_many = run

    def close(self):
        self.closed += 1


@pytest.fixture
def opened(monkeypatch):
    made = []

    def open_sandbox():
        made.append(Fake())
        return made[-1]

    monkeypatch.setattr("rewards.sandbox.open_sandbox", open_sandbox)
    shared.close()
    yield made
    shared.close()


def test_threads_share_one(opened):
    found = []
    threads = [threading.Thread(target=lambda: found.append(shared.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert set(map(id, found)) == {id(opened[0])}


def test_closing_opens_another_next_time(opened):
    first = shared.current()
    shared.close()
    shared.close()
    assert shared.current() is not first
    assert [one.closed for one in opened] == [1, 0]


def test_one_that_is_given_comes_first_and_is_not_closed(opened):
    mine = Fake()
    with shared.use_sandbox(mine):
        assert shared.current() is mine
    shared.close()
    assert mine.closed == 0
    assert opened == []


def test_a_forked_child_opens_its_own_and_leaves_the_parents_alone(opened):
    parents = shared.current()
    child = os.fork()
    if not child:
        own = shared.current()
        shared.close()
        os._exit(0 if own is not parents and parents.closed == 0 and own.closed == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert parents.closed == 0
