"""The cyclic garbage collector, kept from scanning what is being built and will stay."""

from __future__ import annotations

import gc
import sys
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


@contextmanager
def importing(module: str) -> Iterator[None]:
    """`collection_paused` for what imports `module`; the first time all that is there by then is never looked through again.

    Such a library's objects stay as long as the process, and every full collection would take half a second for them.
    """
    first = module not in sys.modules
    with collection_paused():
        yield
    if first:
        gc.freeze()
