"""The card: what was built, for a person. Markdown with pictures beside it; every number is counted from the rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_recipes.chance import most_frequent
from data_recipes.recipe import Recipe
from data_recipes.sources.base import HELDOUT, TRAIN, get_source
from openk15.files import atomic_write_bytes, atomic_write_text

if TYPE_CHECKING:
    from data_recipes.build import Built


# Without it `datasets.load_dataset` guesses the splits from folder names and leaves held-out out.
FRONT = f"""\
---
configs:
- config_name: default
  data_files:
  - split: {TRAIN}
    path: {TRAIN}/*.parquet
  - split: {HELDOUT}
    path: {HELDOUT}/*.parquet
---

"""


def write_card(folder: Path, recipe: Recipe, built: Built, manifest: dict[str, Any], command: str) -> None:
    """Write README.md and examples/*.png into `folder`."""
    sections = [
        f"# {recipe.name}\n\n{recipe.description}".rstrip(),
        f"Rebuild with `{command}`. Fingerprint `{manifest['fingerprint'][:16]}`.",
        _counts(manifest),
        _grades(manifest),
        _answers(built),
        _processes(manifest),
        _lengths(manifest),
        _checks(recipe, manifest),
        _chance(manifest),
        _licences(recipe),
        _examples(folder, built),
    ]
    atomic_write_text(folder / "README.md", FRONT + "\n\n".join(sections) + "\n")


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def _counts(manifest: dict[str, Any]) -> str:
    splits = manifest["splits"]
    rows = [
        [tag, value, splits[TRAIN]["tags"][tag].get(value, 0), splits[HELDOUT]["tags"][tag].get(value, 0)]
        for tag in ("source", "category", "modality", "domain", "template")
        for value in sorted(splits[TRAIN]["tags"][tag] | splits[HELDOUT]["tags"][tag])
    ]
    total = ["all", "", splits[TRAIN]["problems"], splits[HELDOUT]["problems"]]
    return "## Problems\n\n" + _table(["tag", "value", "train", "held-out"], [*rows, total])


def _grades(manifest: dict[str, Any]) -> str:
    train, heldout = (manifest["splits"][split]["tags"]["grade"] for split in (TRAIN, HELDOUT))
    top = max(train.values(), default=1)
    grades = sorted(train | heldout)
    rows = [[grade, train.get(grade, 0), heldout.get(grade, 0), "█" * round(20 * train.get(grade, 0) / top)] for grade in grades]
    return "## Difficulty grades\n\n" + _table(["grade", "train", "held-out", "train"], rows)


def _answers(built: Built) -> str:
    rows = []
    templates = sorted({problem.tags["template"] for problem in built.rows[TRAIN]})
    for template in templates:
        answers = Counter(problem.answer.reference for problem in built.rows[TRAIN] if problem.tags["template"] == template)
        answer, total = str(most_frequent(answers)), answers.total()
        hits = answers[answer]
        rows.append([template, total, len(answers), answer, f"{hits / total:.1%}"])
    return "## Answer balance (train)\n\n" + _table(["template", "n", "different answers", "most frequent", "its share"], rows)


def _processes(manifest: dict[str, Any]) -> str:
    train = manifest["splits"][TRAIN]
    rows = [[name, count, f"{count / train['problems']:.1%}"] for name, count in train["tags"]["process"].items()]
    return "## Cognitive processes shown by the reasoned solutions (train)\n\n" + _table(["process", "problems", "share"], rows)


def _lengths(manifest: dict[str, Any]) -> str:
    rows = [
        [split, style, found["n"], *((f"{found['mean']:.1f}", found["median"], found["most"]) if found["n"] else ("", "", ""))]
        for split in (TRAIN, HELDOUT)
        for style, found in manifest["splits"][split]["solution_words"].items()
    ]
    return "## Words per worked solution (all counted)\n\n" + _table(["split", "style", "n", "mean", "median", "most"], rows)


def _checks(recipe: Recipe, manifest: dict[str, Any]) -> str:
    rows = [[kind, found[TRAIN], found[HELDOUT], found["shared"]] for kind, found in manifest["disjoint"].items()]
    dropped = ", ".join(f"{step} {count}" for step, count in manifest["dropped"].items()) or "none"
    return (
        "## Checks\n\nWhat the problems are made of, and how much of it train and held-out share:\n\n"
        + _table(["made of", "train", "held-out", "shared"], rows)
        + "\n\n"
        + "\n".join(f"- {spec.use}: {get_source(spec.use).note}" for spec in recipe.sources)
        + "\n- Every kept problem's worked solutions are judged correct by its verifier, and a perturbed answer is not.\n"
        f"- Dropped problems, with reasons in `dropped.jsonl`: {dropped}."
    )


def _chance(manifest: dict[str, Any]) -> str:
    chance = manifest["no_image_chance"]
    if not chance["n"]:
        return "## Without the picture\n\nNo problem has a picture."
    named = {**chance["by_template"], "all": {**chance, "accuracy": chance[HELDOUT]}}
    rows = [[name, f"{found['accuracy']:.3f}", f"{found['low']:.3f} to {found['high']:.3f}", found["n"]] for name, found in named.items()]
    note = "Held-out accuracy of always giving train's most frequent answer for the same question and picture size."
    return f"## Without the picture\n\n{note}\n\n" + _table(["template", "accuracy", "95 % interval", "n"], rows)


def _licences(recipe: Recipe) -> str:
    return "## Licences\n\n" + _table(["source", "licence"], [[spec.use, get_source(spec.use).licence] for spec in recipe.sources])


def _examples(folder: Path, built: Built) -> str:
    seen: set[str] = set()
    parts = ["## Examples"]
    for number, problem in enumerate(built.rows[TRAIN]):
        template = problem.tags["template"]
        if template in seen:
            continue
        seen.add(template)
        pictures = []
        for name in problem.images:
            file = f"examples/{number}-{name[:8]}.png"
            atomic_write_bytes(folder / file, built.images[name])
            pictures.append(f'<img src="{file}" height="56" alt="{template}">\n\n')
        worked = "\n".join(f"- {solution.style}: `{solution.text}`" for solution in problem.solutions)
        parts.append(f"**{template}**, grade {problem.grade}\n\n{''.join(pictures)}{problem.messages[-1].text}\n\n{worked}")
    return "\n\n".join(parts)
