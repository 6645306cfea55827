"""The cyclic garbage collector, kept from scanning what is being built and will stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No cyclic collection inside: importing a large library or reading a dataset makes many objects and nearly no garbage.

    Scanning for it took a quarter of vLLM's start.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
