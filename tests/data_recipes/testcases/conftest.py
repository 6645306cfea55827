"""The real sandbox of this machine; tests that need it skip, with its reason, where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openk15.errors import UserError
from rewards.code import use_sandbox
from rewards.sandbox import SlotSandbox, open_sandbox


@pytest.fixture(scope="session")
def opened() -> Iterator[SlotSandbox]:
    try:
        sandbox = open_sandbox()
    except UserError as error:
        pytest.skip(str(error))
    with sandbox:
        yield sandbox


@pytest.fixture
def box(opened: SlotSandbox) -> Iterator[SlotSandbox]:
    """Programs run in it meanwhile."""
    with use_sandbox(opened):
        yield opened
