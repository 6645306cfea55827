"""Slots go out in the order in which they were asked for."""

from __future__ import annotations

import threading

import pytest

from rewards.sandbox.turns import Turns


def test_who_waits_is_served_before_who_comes_back():
    turns: Turns[str] = Turns()
    turns.put("slot")
    held = turns.get(timeout=1)
    order: list[str] = []

    def wait(name: str) -> None:
        slot = turns.get(timeout=60)
        order.append(name)
        turns.put(slot)

    waiting = [threading.Thread(target=wait, args=(name,)) for name in ("first", "second")]
    for count, thread in enumerate(waiting, 1):
        thread.start()
        while len(turns._waiting) < count:
            pass
    turns.put(held)
    again = turns.get(timeout=60)
    order.append("who comes back")
    turns.put(again)
    for thread in waiting:
        thread.join()
    assert order == ["first", "second", "who comes back"]


def test_who_gives_up_waiting_takes_nothing():
    turns: Turns[str] = Turns()
    with pytest.raises(TimeoutError):
        turns.get(timeout=0.01)
    turns.put("slot")
    assert turns.get(timeout=0.01) == "slot"
