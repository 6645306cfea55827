"""The exceptions that reach a person. All are picklable: they cross process borders.

A message names the thing (file, field, record), its value, and what would be right.
"""

from __future__ import annotations

# A path where nothing can be written or read: whoever named it can name another.
PATH_ERRORS = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


class OpenK15Error(Exception):
    """Base of all errors this project raises on purpose. `exit_code` is what a command returns."""

    exit_code = 1


class UserError(OpenK15Error, ValueError):
    """An input is wrong and the user can mend it: config key, path, record, address."""

    exit_code = 2


class GateError(OpenK15Error):
    """A quota or gate that the user asked for was not met; nothing is wrong with the inputs' form."""

    exit_code = 3


class RunError(OpenK15Error):
    """A run cannot go on: a guard tripped, a worker stayed dead, a wait passed its deadline."""


class GuardError(RunError):
    """A guard (weight parity, image sensitivity, placeholders, error rate) stopped the run."""


class DeadlineError(RunError):
    """A wait passed its deadline; the message says whom it waited for."""
