"""The card: what was built, for a person. Markdown with pictures beside it; every number is counted from the rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_recipes.recipe import Recipe
from data_recipes.sources.base import HELDOUT, TRAIN, get_source
from openk15.files import atomic_write_bytes, atomic_write_text

if TYPE_CHECKING:
    from data_recipes.build import Built

BLOCKS = "▁▂▃▄▅▆▇█"


def write_card(folder: Path, recipe: Recipe, built: Built, manifest: dict[str, Any], command: str) -> None:
    """Write README.md and examples/*.png into `folder`."""
    sections = [
        f"# {recipe.name}\n\n{recipe.description}".rstrip(),
        f"Rebuild with `{command}`. Fingerprint `{manifest['fingerprint'][:16]}`.",
        _counts(manifest),
        _grades(manifest),
        _answers(built),
        _processes(manifest),
        _checks(manifest),
        _chance(manifest),
        _licences(recipe),
        _examples(folder, built),
    ]
    atomic_write_text(folder / "README.md", "\n\n".join(sections) + "\n")


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def _counts(manifest: dict[str, Any]) -> str:
    splits = manifest["splits"]
    rows = [
        [tag, value, splits[TRAIN]["tags"][tag].get(value, 0), splits[HELDOUT]["tags"][tag].get(value, 0)]
        for tag in ("category", "modality", "template")
        for value in sorted(splits[TRAIN]["tags"][tag] | splits[HELDOUT]["tags"][tag])
    ]
    total = ["all", "", splits[TRAIN]["problems"], splits[HELDOUT]["problems"]]
    return "## Problems\n\n" + _table(["tag", "value", "train", "held-out"], [*rows, total])


def _grades(manifest: dict[str, Any]) -> str:
    counts = manifest["splits"][TRAIN]["tags"]["grade"]
    top = max(counts.values(), default=1)
    rows = [[grade, count, BLOCKS[round((len(BLOCKS) - 1) * count / top)] * 8] for grade, count in counts.items()]
    return "## Difficulty grades (train)\n\n" + _table(["grade", "problems", ""], rows)


def _answers(built: Built) -> str:
    rows = []
    templates = sorted({problem.tags["template"] for problem in built.rows[TRAIN]})
    for template in templates:
        answers = Counter(problem.answer.reference for problem in built.rows[TRAIN] if problem.tags["template"] == template)
        (answer, hits), total = answers.most_common(1)[0], answers.total()
        rows.append([template, total, len(answers), answer, f"{hits / total:.1%}"])
    return "## Answer balance (train)\n\n" + _table(["template", "n", "different answers", "most frequent", "its share"], rows)


def _processes(manifest: dict[str, Any]) -> str:
    counts = manifest["splits"][TRAIN]["tags"]["process"]
    rows = [[name, count] for name, count in counts.items()]
    return "## Cognitive processes shown by the worked solutions (train)\n\n" + _table(["process", "problems"], rows)


def _checks(manifest: dict[str, Any]) -> str:
    disjoint = manifest["disjoint"]
    dropped = manifest["dropped"] or {"nothing": 0}
    return (
        "## Checks\n\n"
        f"- Train is made of {disjoint['train_keys']} digit images, scenes and expressions, held-out of {disjoint['heldout_keys']}; "
        f"they share {disjoint['shared_keys']}.\n"
        "- Every kept problem's worked solutions are judged correct by its verifier, and a perturbed answer is not.\n"
        f"- Dropped candidates, with reasons in `dropped.jsonl`: {', '.join(f'{step} {count}' for step, count in dropped.items())}."
    )


def _chance(manifest: dict[str, Any]) -> str:
    chance = manifest["no_image_chance"]
    if not chance["n"]:
        return "## Without the picture\n\nNo problem has a picture."
    rows = [[name, f"{value['accuracy']:.3f}", value["n"]] for name, value in chance["by_template"].items()]
    rows.append(["all", f"{chance['accuracy']:.3f}", chance["n"]])
    note = "Held-out accuracy of always giving train's most frequent answer for the same question and picture size."
    return f"## Without the picture\n\n{note}\n\n" + _table(["template", "accuracy", "n"], rows)


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
