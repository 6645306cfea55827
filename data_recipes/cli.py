"""`data_recipes build|list|card`."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from openk15.cli import main, new_app
from openk15.config import load_config
from openk15.errors import UserError

app = new_app("Build datasets that can be trusted: seeded, verified, tagged, with a card and every dropped row.")

RecipePath = Annotated[Path, typer.Argument(help="recipe (YAML)", show_default=False)]


@app.command(epilog="Example: data_recipes build recipes/demo.yaml -o runs/demo/data seed=3")
def build(
    recipe: RecipePath,
    out: Annotated[Path, typer.Option("-o", "--out", help="folder to write", show_default=False)],
    overrides: Annotated[list[str] | None, typer.Argument(help="dotted overrides, for example seed=3", show_default=False)] = None,
    limit: Annotated[int | None, typer.Option(help="about this many training problems, shares kept", min=1, show_default=False)] = None,
    workers: Annotated[int, typer.Option(help="processes; the result does not depend on it", min=1)] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be built and stop")] = False,
) -> None:
    """Build a recipe into a folder of parquet files, manifest and card."""
    from data_recipes.recipe import Recipe

    loaded = load_config(Recipe, recipe, overrides or [])
    if limit is not None:
        loaded = loaded.limited(limit)
    if dry_run:
        from data_recipes.build import check_replaceable

        check_replaceable(out)
        for spec in loaded.sources:
            typer.echo(f"{spec.use:>14}: {spec.train} train, {spec.heldout} held-out")
        typer.echo(f"would write {sum(spec.train + spec.heldout for spec in loaded.sources)} problems to {out}")
        return
    from data_recipes.build import build as build_folder

    start = time.monotonic()
    words = ["data_recipes", "build", str(recipe), "-o", str(out), *(overrides or []), *(["--limit", str(limit)] if limit else [])]
    manifest = build_folder(loaded, out, command=shlex.join(words), workers=workers)
    for split, found in manifest["splits"].items():
        typer.echo(f"{split}: {found['problems']} problems, fingerprint {found['fingerprint'][:12]}")
    dropped = sum(manifest["dropped"].values())
    typer.echo(f"dropped: {dropped} rows, reasons in {out / 'dropped.jsonl'}")
    typer.echo(f"card: {out / 'README.md'} ({time.monotonic() - start:.1f} s)")


@app.command(name="list", epilog="Example: data_recipes list recipes")
def list_command(folder: Annotated[Path, typer.Argument(help="folder of recipes")] = Path("recipes")) -> None:
    """List sources, and the recipes of a folder."""
    from data_recipes.recipe import Recipe
    from data_recipes.sources.base import get_source, source_names

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of recipes")
    for name in source_names():
        typer.echo(f"source {name}: {get_source(name).licence}")
    for path in sorted(folder.glob("*.yaml")):
        recipe = load_config(Recipe, path)
        counts = f"{sum(s.train for s in recipe.sources)} train, {sum(s.heldout for s in recipe.sources)} held-out"
        typer.echo(f"recipe {path}: {counts}; {recipe.description}")


@app.command(epilog="Example: data_recipes card runs/demo/data")
def card(folder: Annotated[Path, typer.Argument(help="built dataset", show_default=False)]) -> None:
    """Print a built dataset's card."""
    from data_recipes.card import FRONT
    from data_recipes.store import read_manifest

    read_manifest(folder)
    if not (folder / "README.md").is_file():
        raise UserError(f"{folder / 'README.md'}: no such file; rebuild the dataset")
    typer.echo((folder / "README.md").read_text("utf-8").removeprefix(FRONT), nl=False)


def entry() -> None:
    main(app, "data_recipes")
