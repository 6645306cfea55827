"""One zygote sandbox for all tests of this folder; they skip, with its own reason, where the machine cannot run it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from openk15.errors import UserError
from rewards.sandbox import SlotSandbox, open_sandbox
from rewards.sandbox.attacks import Canaries


@pytest.fixture(scope="session")
def box() -> Iterator[SlotSandbox]:
    try:
        sandbox = open_sandbox("zygote", workers=2)
    except UserError as error:
        pytest.skip(str(error))
    with sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def strong_box(box: SlotSandbox) -> SlotSandbox:
    """For tests of limits that only cgroups can keep."""
    if box.missing:
        pytest.skip(f"the sandbox here lacks {', '.join(box.missing)}")
    return box


@pytest.fixture
def canaries() -> Iterator[Canaries]:
    with Canaries() as found:
        yield found


@pytest.fixture
def own_temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This test's own folder for temporary entries: what is left is counted where no other test process makes any."""
    # pytest's tmp_path lies below a folder that a sandboxed program's user may not enter
    with tempfile.TemporaryDirectory(prefix="openk15-test-") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
