"""What all our commands share: one line per error, no traceback, the right exit code.

Exit codes: 0 fine; 2 the user's input is wrong; 3 a gate refused; 1 the run broke; 130 interrupted.
`OPENK15_TRACEBACK=1` shows the traceback as well.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
import warnings

import typer

from openk15.errors import PATH_ERRORS, OpenK15Error

QUIET = {
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
}


def quieten() -> None:
    """Libraries talk to people who debug them, not to the person who runs a command. What is set already stays."""
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    warnings.filterwarnings("ignore", category=FutureWarning)


def main(app: typer.Typer, name: str) -> None:
    """Run a typer app as command `name`."""
    quieten()
    atexit.register(gc.freeze)  # else the interpreter looks through all that is left, several times, for seconds
    try:
        app(prog_name=name)
    except OpenK15Error as error:
        if os.environ.get("OPENK15_TRACEBACK"):
            traceback.print_exc()
        print(f"{name}: error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:  # a path that cannot be written, a disk that is full: the machine's, with its name for it
        if os.environ.get("OPENK15_TRACEBACK"):
            traceback.print_exc()
        print(f"{name}: error: {_in_words(error)}", file=sys.stderr)
        sys.exit(2 if isinstance(error, PATH_ERRORS) else 1)
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        sys.exit(130)


def _in_words(error: OSError) -> str:
    path = " -> ".join(str(part) for part in (error.filename, error.filename2) if part is not None)
    reason = error.strerror or " ".join(str(error).split()) or type(error).__name__
    return f"{path}: {reason}" if path else reason


def new_app(help_text: str) -> typer.Typer:
    return typer.Typer(help=help_text, no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
