"""Verifiers of the user's own: modules that register them, imported by the key or option that names them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from openk15.errors import UserError


def import_verifiers(modules: Sequence[str], named: str) -> None:
    """Import `modules`, which came from the key or option `named`; UserError names both when one cannot be.

    Before the data are read: a dataset that names a verifier nobody registered is refused.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # another's code runs here: whatever it raises is the module's fault
            raise UserError(
                f"{named}: module {module!r}, which is to register verifiers, cannot be imported: {type(error).__name__}: {error}; "
                "put the folder that holds it on PYTHONPATH"
            ) from error
