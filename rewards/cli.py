"""`rewards list|score`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from openk15.cli import main, new_app
from openk15.errors import UserError
from openk15.files import atomic_write_text, read_jsonl
from rewards.registry import get, names, verify
from rewards.verdict import Answer, Status

app = new_app("Judge answers: verdicts with reasons, and errors that are never zeros.")


@app.command(name="list", epilog="Example: rewards list")
def list_command() -> None:
    """List the verifiers and their versions."""
    for name in names():
        typer.echo(f"{name}@{get(name).version}")


@app.command(epilog="Example: rewards score answers.jsonl --out verdicts.jsonl")
def score(
    rows: Annotated[Path, typer.Argument(help="JSON lines: id, response, answer {verifier, reference, params}", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="JSON lines: id, verdict", show_default=False)],
) -> None:
    """Judge every row of a JSON-lines file."""
    lines: list[str] = []
    counts: Counter[Status] = Counter()
    for number, row in enumerate(read_jsonl(rows), 1):
        try:
            answer, response, key = Answer.from_dict(row["answer"]), row["response"], row["id"]
            if not isinstance(response, str):
                raise TypeError(f"response must be text, got {type(response).__name__}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                f"{rows}:{number}: {type(error).__name__}: {error}; a row is {{id, response, answer: {{verifier, reference}}}}"
            ) from None
        verdict = verify(response, answer)
        counts[verdict.status] += 1
        lines.append(json.dumps({"id": key, "verdict": verdict.to_dict()}, ensure_ascii=False) + "\n")
    atomic_write_text(out, "".join(lines))
    typer.echo(f"{counts.total()} rows: " + ", ".join(f"{status} {counts[status]}" for status in Status))
    typer.echo(f"verdicts: {out}")


def entry() -> None:
    main(app, "rewards")
