"""`data_recipes build|list|card|why-dropped|trace|diff|verify|pairs|train-classifier`."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openk15.cli import main, new_app
from openk15.config import load_config
from openk15.errors import GateError, UserError

if TYPE_CHECKING:
    from data_recipes.recipe import Recipe

app = new_app("Build datasets that can be trusted: seeded, verified, measured, with a card and every dropped row.")

RecipePath = Annotated[Path, typer.Argument(help="recipe (YAML)", show_default=False)]
Dataset = Annotated[Path, typer.Argument(help="built dataset", show_default=False)]
RowName = Annotated[str, typer.Argument(metavar="ID", help="row key (gsm8k/train/17) or the beginning of an id", show_default=False)]


@app.command(epilog="Example: data_recipes build recipes/demo.yaml -o runs/demo/data seed=3")
def build(
    recipe: RecipePath,
    out: Annotated[Path, typer.Option("-o", "--out", help="folder to write", show_default=False)],
    overrides: Annotated[list[str] | None, typer.Argument(help="dotted overrides, for example seed=3", show_default=False)] = None,
    limit: Annotated[int | None, typer.Option(help="about this many training problems, shares kept", min=1, show_default=False)] = None,
    workers: Annotated[int, typer.Option(help="processes; the result does not depend on it", min=1)] = 1,
    executor: Annotated[str, typer.Option(help="local, or ray (Ray Data over a cluster); the result does not depend on it")] = "local",
    address: Annotated[
        str | None, typer.Option(help="Ray cluster, for example 10.0.0.1:6379; default: start Ray here", show_default=False)
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="finished stages; default: .stages beside OUT", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, show what would be built and stop")] = False,
) -> None:
    """Build a recipe into a folder of parquet files, manifest, lock and card. A killed build goes on where it was."""
    from data_recipes.recipe import Recipe

    loaded = load_config(Recipe, recipe, overrides or []).scaled()
    if limit is not None:
        loaded = loaded.limited(limit)
    if executor not in ("local", "ray"):
        raise UserError(f"--executor {executor}: expected local or ray")
    if dry_run:
        _dry_run(loaded, out)
        return
    from data_recipes.build import build as build_folder
    from data_recipes.executor import open_executor

    start = time.monotonic()
    # A fixed word for the folder: the card is the same wherever the dataset lies.
    words = ["data_recipes", "build", str(recipe), "-o", "OUT", *(overrides or []), *(["--limit", str(limit)] if limit else [])]

    def say(text: str) -> None:
        print(f"{time.monotonic() - start:7.1f} s  {text}", file=sys.stderr, flush=True)

    runner = open_executor(executor, workers, address)
    try:
        manifest = build_folder(loaded, out, command=shlex.join(words), executor=runner, cache=cache, say=say)
    finally:
        runner.close()
    for split, found in manifest["splits"].items():
        typer.echo(f"{split}: {found['problems']} problems, fingerprint {found['fingerprint'][:12]}")
    dropped = sum(manifest["dropped"].values())
    typer.echo(f"dropped: {dropped} rows, reasons in {out / 'dropped.jsonl'}")
    typer.echo(f"card: {out / 'README.md'} ({time.monotonic() - start:.1f} s)")


def _dry_run(recipe: Recipe, out: Path) -> None:
    from data_recipes.build import check_replaceable
    from data_recipes.measuring import check_steps

    check_replaceable(out)
    for spec in recipe.sources:
        for path in spec.source().inputs():
            if not path.exists():
                raise UserError(f"source {spec.use}: {path}: no such file")
        spec.source().check()
        typer.echo(f"{spec.use:>14}: {'all' if spec.train is None else spec.train} train, {spec.heldout} held-out")
    check_steps(recipe)
    for spec in recipe.steps:
        typer.echo(
            f"{'step':>14}: {spec.name} "
            + (f"measures {', '.join(spec.kind().measured)}" if spec.enabled else "is switched off by its `if`")
        )
    for rule in recipe.select:
        typer.echo(f"{'select':>14}: {rule.title}")
    known = sum((spec.train or 0) + spec.heldout for spec in recipe.sources)
    more = " and all records of the sources without a count" if any(spec.train is None for spec in recipe.sources) else ""
    typer.echo(
        f"would write at most {known} problems{more} to {out}" if recipe.select or more else f"would write {known} problems to {out}"
    )


RECIPES = Path("recipes")


@app.command(name="list", epilog="Example: data_recipes list recipes")
def list_command(
    folder: Annotated[Path, typer.Argument(help="folder of recipes")] = RECIPES,
    steps: Annotated[bool, typer.Option("--steps", help="also list every step with what it measures")] = False,
) -> None:
    """List sources, and the recipes of a folder."""
    from data_recipes.recipe import Recipe
    from data_recipes.sources.base import source_class, source_names
    from data_recipes.steps.base import step_class, step_names

    if folder != RECIPES and not folder.is_dir():
        raise UserError(f"{folder}: no such folder of recipes")
    for name in source_names():
        typer.echo(f"source {name}: {source_class(name).licence}")
    for name in step_names() if steps else ():
        kind = step_class(name)
        typer.echo(f"step {name}: " + "; ".join(f"{measure} ({what})" for measure, what in kind.measured.items()))
    faults = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            recipe = load_config(Recipe, path)
        except UserError as error:
            faults.append(str(error))
            continue
        train = sum(s.train or 0 for s in recipe.sources)
        more = "+" if any(s.train is None for s in recipe.sources) else ""
        counts = f"{train}{more} train, {sum(s.heldout for s in recipe.sources)} held-out"
        typer.echo(f"recipe {path}: {counts}; {' '.join(recipe.description.split())}")
    if faults:
        raise UserError("; ".join(faults))
    if not folder.is_dir():
        typer.echo(f"recipes: there is no folder {folder} here; name one: data_recipes list FOLDER")


@app.command(epilog="Example: data_recipes card runs/demo/data")
def card(folder: Dataset) -> None:
    """Print a built dataset's card."""
    from data_recipes.card import without_front
    from data_recipes.store import read_manifest

    read_manifest(folder)
    if not (folder / "README.md").is_file():
        raise UserError(f"{folder / 'README.md'}: no such file; rebuild the dataset")
    typer.echo(without_front((folder / "README.md").read_text("utf-8")), nl=False)


HERE = Annotated[Path, typer.Argument(help="built dataset")]


@app.command(name="why-dropped", epilog="Example: data_recipes why-dropped gsm8k/train/17 runs/rl_prompts")
def why_dropped_command(name: RowName, folder: HERE = Path()) -> None:
    """Say which rule dropped a row, the value measured, the threshold and the record it matched."""
    from data_recipes.explain import why_dropped

    _print(why_dropped(folder, name))


@app.command(name="trace", epilog="Example: data_recipes trace gsm8k/train/17 runs/rl_prompts")
def trace_command(name: RowName, folder: HERE = Path()) -> None:
    """Show everything known of a row: origin, measures with evidence, decision."""
    from data_recipes.explain import trace

    _print(trace(folder, name))


@app.command(name="diff", epilog="Example: data_recipes diff runs/prompts-old runs/prompts")
def diff_command(old: Dataset, new: Dataset) -> None:
    """Show which problems and parameters differ between two builds."""
    from data_recipes.explain import diff

    _print(diff(old, new))


@app.command(epilog="Example: data_recipes verify runs/rl_prompts")
def verify(folder: Dataset) -> None:
    """Check every file against the manifest, and say what has changed since the build. Exit code 3 when a file is not as it was."""
    from data_recipes.lock import differences, read_lock, verify_folder

    faults = verify_folder(folder)
    changed = differences(read_lock(folder))
    _print(f"changed since the build: {line}" for line in changed)
    if faults:
        raise GateError(f"{folder}: {'; '.join(faults)}")
    typer.echo(f"{folder}: every file is as it was written" + ("" if changed else "; a rebuild gives the same bytes"))


@app.command(epilog="Example: data_recipes pairs runs/long2short runs/long2short/pairs.jsonl")
def pairs(folder: Dataset, out: Annotated[Path, typer.Argument(help="JSON-lines file to write", show_default=False)]) -> None:
    """Write a dataset's preference pairs (prompt, chosen, rejected) for DPO; its recipe must have a `preference` step."""
    from data_recipes.pairs import write_pairs

    typer.echo(f"{write_pairs(folder, out)} pairs: {out}")


@app.command(name="train-classifier", epilog="Example: data_recipes train-classifier good.jsonl bad.jsonl -o models/classifier")
def train_classifier(
    positive: Annotated[Path, typer.Argument(help="JSON-lines file of texts to keep", show_default=False)],
    negative: Annotated[Path, typer.Argument(help="JSON-lines file of texts to leave out", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="model to write", show_default=False)],
    field: Annotated[str, typer.Option(help="field that holds the text")] = "text",
    heldout: Annotated[float, typer.Option(help="share of the texts that accuracy and AUC are measured on", min=0.01, max=0.9)] = 0.1,
    seed: Annotated[int, typer.Option(help="of the order and the split")] = 0,
    epochs: Annotated[int, typer.Option(help="passes over the texts", min=1)] = 10,
) -> None:
    """Train the text classifier that the `classifier` step scores with, and say how well it does on held-out texts."""
    from data_recipes.steps.classifier import train

    typer.echo(str(train(positive, negative, out, field=field, heldout=heldout, seed=seed, epochs=epochs)))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def entry() -> None:
    main(app, "data_recipes")
