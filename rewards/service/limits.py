"""How much may be open at a time. What does not fit is refused at once: a queue nobody sees the end of helps nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

RETRY_SECONDS = 1


class Busy(Exception):
    """No room now; the message says of what."""


@dataclass
class Room:
    """Counts what is open of one thing; used on the event loop only."""

    name: str
    limit: int
    taken: int = 0

    def take(self, count: int) -> None:
        if self.taken + count > self.limit:
            raise Busy(f"{self.taken} of {self.limit} {self.name} are open; try again in {RETRY_SECONDS} s")
        self.taken += count

    def give(self, count: int) -> None:
        self.taken -= count

    @contextmanager
    def hold(self, count: int) -> Iterator[None]:
        self.take(count)
        try:
            yield
        finally:
            self.give(count)


class Lag:
    """How far this process's event loop was behind, in seconds since it was started.

    Clients are not to blame for it: what they sent may lie unread meanwhile, so their deadlines move by as much.
    """

    TICK = 0.1

    def __init__(self) -> None:
        self.seconds = 0.0

    async def watch(self) -> None:
        """Runs for as long as the service does."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(self.TICK)
            self.seconds += max(0.0, time.monotonic() - before - self.TICK)
